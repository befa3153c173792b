#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""Tell the cameras of a site that there is a model for them.

usage: publish.py [OPTION]... MODEL.sst URL

URL is where MODEL.sst can be had by http(s): any web server will do, as the hash goes by
the broker. The broker keeps the message (it is retained), so that a camera that comes later
hears of it too; a broker with "persistence true" also over its own end. Waits until the
broker has it. Needs python3-paho-mqtt.
"""
import argparse
import os
import sys

import broker


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    broker.add_options(parser)
    parser.add_argument('model', metavar='MODEL.sst')
    parser.add_argument('url', metavar='URL')
    options = parser.parse_args(arguments)
    try:
        with open(options.model, 'rb') as file:
            sha256, size = broker.hash_file(file)
        payload = broker.announce(sha256, size, options.url)
        broker.understand(payload)
    except (OSError, ValueError) as error:
        sys.exit('publish.py: %s' % error)
    client = broker.make_client(options, os.environ.get('MQTT_PASSWORD'))
    failures = []

    def on_connect(client, data, flags, code):
        if int(code) != 0:
            failures.append(code)
            client.disconnect()
            return
        client.publish(options.topic, payload, qos=1, retain=True)

    def on_publish(client, data, number):
        client.disconnect()

    client.on_connect, client.on_publish = on_connect, on_publish
    client.loop_forever(retry_first_connection=True)
    if failures:
        sys.exit('publish.py: the broker does not let us in (%s)' % failures[0])
    print('%s is announced: %s' % (sha256, options.url))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
