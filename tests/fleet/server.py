"""server.py FOLDER CERTIFICATE KEY BEHAVIOUR...: an HTTPS server on 127.0.0.1, as a fleet's would be, or hostile ones.

Prints its port. Each request takes the next BEHAVIOUR, the last one for ever: a status ("201"), which is answered, or one of the functions
below. What is put goes to FOLDER by its name; FOLDER/requests has a line for each connection that became one: method, path, content type.
With PORT in the environment it listens there, with TLS=1.3 it speaks nothing older, CIPHERS are OpenSSL's words for how.
"""
import http.server
import os
import ssl
import sys
import threading

folder, certificate, key, *behaviours = sys.argv[1:]
lock = threading.Lock()


def slow(handler):
    threading.Event().wait()


def endless(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-More: more\r\n" * 100)


def endless_body(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b"more" * 100)


def cut(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")


def silent(handler):
    pass


def garbage(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


def interim(handler):
    handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")


def redirect(handler):
    handler.wfile.write(b"HTTP/1.1 301 Moved Permanently\r\nLocation: %s\r\n\r\n" % handler.path.encode())


class Handler(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            behaviour = behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]
            with open(os.path.join(folder, "requests"), "a") as log:
                print(self.command, self.path, self.headers["Content-Type"], self.headers["Host"], file=log)
            with open(os.path.join(folder, os.path.basename(self.path)), "wb") as file:
                file.write(body)
        self.close_connection = True
        if behaviour.isdigit():
            self.send_response(int(behaviour))
            self.end_headers()
        else:
            globals()[behaviour](self)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request, address):
        """The handshake belongs to the connection's own thread."""
        try:
            with context.wrap_socket(request, server_side=True) as secure:
                self.RequestHandlerClass(secure, address, self)
        except (OSError, ValueError) as error:  # the client went away
            print(error, file=sys.stderr, flush=True)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.set_ciphers(os.environ.get("CIPHERS", "DEFAULT"))
context.load_cert_chain(certificate, key)
if os.environ.get("TLS") == "1.3":
    context.minimum_version = ssl.TLSVersion.TLSv1_3
server = Server(("127.0.0.1", int(os.environ.get("PORT", 0))), Handler)
print(server.server_port, flush=True)
server.serve_forever()
