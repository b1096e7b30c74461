#!/bin/sh
# Makes the password file out of the variables of compose.yaml, in memory, and becomes the broker.
set -eu
umask 077
case "$MQTT_PASSWORD$HOME_ASSISTANT_PASSWORD" in
*:*)
  echo "a password for MQTT has a colon, which mosquitto_passwd does not take: make one of letters and digits" >&2
  exit 1
  ;;
esac
passwords=/run/mosquitto/passwords
printf 'scaletap:%s\nhomeassistant:%s\n' "$MQTT_PASSWORD" "$HOME_ASSISTANT_PASSWORD" >"$passwords"
mosquitto_passwd -U "$passwords"
exec mosquitto -c /mosquitto/config/mosquitto.conf
