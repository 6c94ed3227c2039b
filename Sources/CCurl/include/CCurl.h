// Transfers over HTTP by libcurl, which is loaded when the first one begins: a process that fetches
// nothing starts without it (and without the thirty libraries behind it).
//
// Redirects are not followed; whoever calls decides who may see what.
#ifndef CCURL_H
#define CCURL_H

#include <stdbool.h>
#include <stddef.h>

typedef enum cc_ending {
  cc_whole = 0,         // a response arrived, and its body to the end
  cc_no_library = 1,    // there is no libcurl
  cc_unknown_host = 2,  // the name does not resolve
  cc_no_connection = 3,
  cc_distrust = 4,  // TLS failed, or the certificate does not hold
  cc_cut = 5,       // the connection ended too early
  cc_late = 6,      // no connection in time
  cc_stopped = 7,   // a callback said so
  cc_other = 8,
} cc_ending;

typedef struct cc_request {
  const char *url;  // http or https
  // Lines `name: value`, the last one followed by NULL.
  const char *const *headers;
  bool is_head;          // ask for the head alone
  long connect_seconds;  // until there is a connection
  void *context;         // handed to every callback
  // Each returns false to stop. Header lines come whole, with their line end; lines of several
  // responses may come (of a proxy, or 100), each from its status line on.
  bool (*header)(void *context, const char *bytes, size_t count);
  bool (*body)(void *context, const char *bytes, size_t count);
  bool (*goes_on)(void *context);  // asked about once a second at least
} cc_request;

typedef struct cc_outcome {
  cc_ending ending;
  int code;         // libcurl's
  char words[256];  // what libcurl says went wrong; empty where nothing did
  char *location;   // where a redirect leads, an absolute URL, or NULL; to be freed
} cc_outcome;

// Carries out a request and waits for its end.
cc_outcome cc_transfer(const cc_request *request);

#endif
