# scaletap as an image: docs/install.md says how it is run, compose.yaml with what else.

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# As in scripts/ready.mjs: `npm ci` wants the optional packages of every other platform in the lock file.
RUN npm install --no-save --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json tsconfig.page.json ./
COPY scripts scripts
COPY src src
RUN npm run build && rm dist/.tsbuildinfo

FROM node:20-bookworm-slim AS run-time
# In the network of its host, a program that is not root needs this right for port 80.
RUN apt-get update \
  && apt-get install -y --no-install-recommends libcap2-bin \
  && setcap cap_net_bind_service=+ep /usr/local/bin/node
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm install --no-save --no-audit --no-fund --omit=dev

# The same Debian, without npm and what else is in the image of Node.
FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="scaletap" \
  org.opencontainers.image.description="Relays connected bathroom scales, keeps what they say, delivers the readings" \
  org.opencontainers.image.licenses="MIT"
COPY --from=run-time /usr/local/bin/node /usr/local/bin/node
RUN mkdir -m 0700 /data && chown 10001:10001 /data
COPY --from=run-time /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY package.json CHANGELOG.md LICENSE /app/
COPY captures /app/captures
COPY docs /app/docs
ENV NODE_ENV=production SCALETAP_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
# Scales; phones; the page, which is on loopback unless --web-listen says otherwise.
EXPOSE 80 8888 8080
# Answered by the very process that relays, so a hanging one is seen, where a look at its port would not see it.
HEALTHCHECK --interval=1m --timeout=10s --start-period=1m --retries=3 \
  CMD ["/usr/local/bin/node", "/app/dist/main.js", "mode"]
# As process 1 it takes SIGTERM itself.
ENTRYPOINT ["/usr/local/bin/node", "/app/dist/main.js"]
CMD ["serve"]
