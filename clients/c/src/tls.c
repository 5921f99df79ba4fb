#define _GNU_SOURCE

#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct khach_tls {
    SSL_CTX *context;
    BIO_METHOD *way; /* to the socket; outlives `session` */
    SSL *session;
    char *host;
};

/* --- the way to the socket, which raises no SIGPIPE as libssl's own would --- */

static int way_fd(BIO *bio)
{
    return (int)(intptr_t)BIO_get_data(bio);
}

static int way_write(BIO *bio, const char *bytes, int count)
{
    ssize_t result = send(way_fd(bio), bytes, (size_t)count, MSG_NOSIGNAL);

    BIO_clear_retry_flags(bio);
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        BIO_set_retry_write(bio);
    return (int)result;
}

static int way_read(BIO *bio, char *out, int room)
{
    ssize_t result = recv(way_fd(bio), out, (size_t)room, 0);

    BIO_clear_retry_flags(bio);
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        BIO_set_retry_read(bio);
    return (int)result;
}

static long way_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static bool lay_way(khach_tls *tls, int fd)
{
    BIO *bio;

    tls->way = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "khach socket");
    if (tls->way == NULL || BIO_meth_set_write(tls->way, way_write) != 1
        || BIO_meth_set_read(tls->way, way_read) != 1
        || BIO_meth_set_ctrl(tls->way, way_control) != 1)
        return false;
    bio = BIO_new(tls->way);
    if (bio == NULL)
        return false;
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->session, bio, bio);
    return true;
}

/* --- what is trusted and who calls --- */

/* The first thing that libssl says is wrong; it forgets all of it. When it says nothing, what the
 * system said of the socket: 0 is the end of the connection. */
static const char *reason_or(int system)
{
    unsigned long first = ERR_peek_error();
    const char *text = first == 0 ? NULL : ERR_reason_error_string(first);

    if (text == NULL && first != 0 && ERR_GET_LIB(first) == ERR_LIB_SYS)
        text = strerror(ERR_GET_REASON(first));
    ERR_clear_error();
    if (text != NULL)
        return text;
    return system == 0 ? "an end of the connection" : strerror(system);
}

static const char *reason(void)
{
    return reason_or(0);
}

static khach_status trust(
    SSL_CTX *context, const khach_tls_files *files, khach_error **error)
{
    if (files->ca_file == NULL) {
        if (SSL_CTX_set_default_verify_paths(context) != 1)
            return khach__error_set(error, KHACH_E_IO,
                "the system's authorities expected, found: %s", reason());
    } else if (SSL_CTX_load_verify_file(context, files->ca_file) != 1) {
        return khach__error_set(error, KHACH_E_INVALID,
            "a certificate in PEM expected at %s, found: %s", files->ca_file, reason());
    }
    if (files->certificate_file == NULL)
        return KHACH_OK;
    if (SSL_CTX_use_certificate_chain_file(context, files->certificate_file) != 1)
        return khach__error_set(error, KHACH_E_INVALID,
            "a certificate in PEM expected at %s, found: %s", files->certificate_file, reason());
    if (SSL_CTX_use_PrivateKey_file(context, files->key_file, SSL_FILETYPE_PEM) != 1
        || SSL_CTX_check_private_key(context) != 1)
        return khach__error_set(error, KHACH_E_INVALID,
            "the key of the certificate in PEM expected at %s, found: %s", files->key_file,
            reason());
    return KHACH_OK;
}

/* A name is indicated to the server; an address has none, and is looked for as what it is. */
static bool expect(khach_tls *tls)
{
    unsigned char address[sizeof(struct in6_addr)];
    bool is_address = inet_pton(AF_INET, tls->host, address) == 1
        || inet_pton(AF_INET6, tls->host, address) == 1;

    SSL_set_verify(tls->session, SSL_VERIFY_PEER, NULL);
    if (is_address)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->session), tls->host) == 1;
    SSL_set_hostflags(
        tls->session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return SSL_set1_host(tls->session, tls->host) == 1
        && SSL_set_tlsext_host_name(tls->session, tls->host) == 1;
}

khach_status khach__tls_open(khach_tls **out, int fd, const char *host,
    const khach_tls_files *files, khach_error **error)
{
    static const unsigned char protocols[] = "\5ttrpc";
    khach_tls *tls = calloc(1, sizeof(*tls));
    khach_status status;

    *out = NULL;
    if (tls == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for TLS");
    ERR_clear_error();
    tls->host = strdup(host);
    tls->context = SSL_CTX_new(TLS_client_method());
    if (tls->host == NULL || tls->context == NULL
        || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1
        || SSL_CTX_set_alpn_protos(tls->context, protocols, sizeof(protocols) - 1) != 0) {
        status = khach__error_set(error, KHACH_E_MEMORY, "no memory for TLS");
        goto failed;
    }
    (void)SSL_CTX_set_mode(
        tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    status = trust(tls->context, files, error);
    if (status != KHACH_OK)
        goto failed;
    tls->session = SSL_new(tls->context);
    if (tls->session == NULL || !lay_way(tls, fd) || !expect(tls)) {
        status = khach__error_set(error, KHACH_E_MEMORY, "no memory for TLS");
        goto failed;
    }
    SSL_set_connect_state(tls->session);
    *out = tls;
    return KHACH_OK;

failed:
    ERR_clear_error();
    khach__tls_close(tls);
    return status;
}

/* --- turns --- */

/* Whether a failure is the server's word that it does not take the certificate, or wants one. */
static bool is_refused_there(int kind)
{
    unsigned long first = kind == SSL_ERROR_SSL ? ERR_peek_error() : 0;

    if (first == 0 || ERR_GET_LIB(first) != ERR_LIB_SSL)
        return false;
    switch (ERR_GET_REASON(first)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return true;
    default: return false;
    }
}

static khach_tls_turn turn(khach_tls *tls, int result, const char *expected, khach_status *status,
    khach_error **error)
{
    int system = errno;
    int kind = SSL_get_error(tls->session, result);
    long verified;

    if (kind == SSL_ERROR_WANT_READ)
        return KHACH_TLS_WANTS_READ;
    if (kind == SSL_ERROR_WANT_WRITE)
        return KHACH_TLS_WANTS_WRITE;
    verified = SSL_get_verify_result(tls->session);
    if (verified != X509_V_OK) {
        ERR_clear_error();
        *status = khach__error_set(error, KHACH_E_CERTIFICATE,
            "a certificate of a known authority, in its time and for %s expected, found: %s",
            tls->host, X509_verify_cert_error_string(verified));
    } else if (is_refused_there(kind)) {
        *status = khach__error_set(error, KHACH_E_CERTIFICATE,
            "a certificate of this client that %s takes expected, found: %s", tls->host, reason());
    } else {
        *status = khach__error_set(
            error, KHACH_E_NETWORK, "%s expected, found: %s", expected,
            reason_or(kind == SSL_ERROR_SYSCALL ? system : 0));
    }
    return KHACH_TLS_FAILED;
}

khach_tls_turn khach__tls_handshake(khach_tls *tls, khach_status *status, khach_error **error)
{
    int result;

    ERR_clear_error();
    errno = 0;
    result = SSL_do_handshake(tls->session);
    return result == 1 ? KHACH_TLS_DONE
                       : turn(tls, result, "a handshake of TLS", status, error);
}

khach_tls_turn khach__tls_send(khach_tls *tls, const uint8_t *bytes, size_t count, size_t *sent,
    khach_status *status, khach_error **error)
{
    int result;

    ERR_clear_error();
    errno = 0;
    result = SSL_write_ex(tls->session, bytes, count, sent);
    return result == 1 ? KHACH_TLS_DONE
                       : turn(tls, result, "a peer that takes bytes", status, error);
}

khach_tls_turn khach__tls_receive(khach_tls *tls, uint8_t *out, size_t room, size_t *received,
    khach_status *status, khach_error **error)
{
    int result;

    ERR_clear_error();
    errno = 0;
    result = SSL_read_ex(tls->session, out, room, received);
    return result == 1 ? KHACH_TLS_DONE : turn(tls, result, "an answer", status, error);
}

void khach__tls_close(khach_tls *tls)
{
    if (tls == NULL)
        return;
    if (tls->session != NULL && SSL_is_init_finished(tls->session))
        (void)SSL_shutdown(tls->session);
    ERR_clear_error();
    SSL_free(tls->session);
    BIO_meth_free(tls->way);
    SSL_CTX_free(tls->context);
    free(tls->host);
    free(tls);
}
