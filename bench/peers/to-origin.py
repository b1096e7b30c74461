"""For mitmdump: every host is at the origin's port of this machine. The server name inside TLS stays what it is."""

from mitmproxy import ctx


class ToOrigin:
    def load(self, loader):
        loader.add_option("origin_port", int, 0, "Where the origin listens on 127.0.0.1")

    def server_connect(self, data):
        data.server.address = ("127.0.0.1", ctx.options.origin_port)


addons = [ToOrigin()]
