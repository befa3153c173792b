# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors
"""What publish.py and fetch.py have in common: the broker, and what is said there.

A model is announced by one retained message of quality of service 1, JSON:

  {"sha256": of all of the file, 64 digits, "size": bytes, "url": where it is}
"""
import hashlib
import json
import sys

TOPIC = 'sstracker/model'
# as much as the library reads (SST_WEIGHTS_MAX_MODEL_FILE)
MAX_SIZE = 64 << 20


def add_options(parser):
    parser.add_argument('--host', default='localhost', help='of the broker (default: %(default)s)')
    parser.add_argument('--port', type=int, default=1883, help='of the broker (default: %(default)s)')
    parser.add_argument('--topic', default=TOPIC, help='(default: %(default)s)')
    parser.add_argument('--user', help='at the broker; the password is in the environment, MQTT_PASSWORD')
    parser.add_argument('--ca', metavar='FILE.pem', help='speak TLS, and trust who this vouches for')


def make_client(options, password):
    """A client of paho, whose first version knows no versions of callbacks. It tries again, every ten seconds at
    the slowest, where the broker is not there, or goes away."""
    try:
        import paho.mqtt.client as mqtt
    except ImportError:
        sys.exit('needs python3-paho-mqtt')
    versions = getattr(mqtt, 'CallbackAPIVersion', None)
    client = mqtt.Client(*([versions.VERSION1] if versions else []))
    if options.user:
        client.username_pw_set(options.user, password)
    if options.ca:
        client.tls_set(options.ca)
    client.reconnect_delay_set(1, 10)
    client.connect_async(options.host, options.port, keepalive=15)
    return client


def hash_file(file):
    """Digits and bytes of an open file."""
    digest, size = hashlib.sha256(), 0
    while block := file.read(1 << 16):
        digest.update(block)
        size += len(block)
    return digest.hexdigest(), size


def announce(sha256, size, url):
    return json.dumps({'sha256': sha256, 'size': size, 'url': url})


def understand(payload):
    """What an announcement says; ValueError where it is none. Whoever may write to the topic wrote it."""
    try:
        said = json.loads(payload)
        sha256, size, url = said['sha256'], said['size'], said['url']
    except (ValueError, KeyError, TypeError):
        raise ValueError('no announcement of a model') from None
    if not (isinstance(sha256, str) and len(sha256) == 64 and set(sha256) <= set('0123456789abcdef')):
        raise ValueError('no SHA-256: %.70r' % (sha256,))
    if not (type(size) is int and 0 < size <= MAX_SIZE):
        raise ValueError('no size of a model: %.30r' % (size,))
    if not (isinstance(url, str) and url.startswith(('http://', 'https://'))):
        raise ValueError('no http(s) address: %.70r' % (url,))
    return sha256, size, url
