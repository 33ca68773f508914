"""What the engine takes from the system's headers."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "sys/socket.h" nogil:
    ctypedef unsigned int socklen_t
    struct iovec:
        void* iov_base
        size_t iov_len
    struct msghdr:
        void* msg_name
        socklen_t msg_namelen
        iovec* msg_iov
        size_t msg_iovlen
        void* msg_control
        size_t msg_controllen
        int msg_flags
    struct mmsghdr:
        msghdr msg_hdr
        unsigned int msg_len
    struct cmsghdr:
        size_t cmsg_len
        int cmsg_level
        int cmsg_type
    struct sockaddr_storage:
        unsigned short ss_family
    struct timespec:
        long tv_sec
        long tv_nsec
    int MSG_DONTWAIT
    int MSG_WAITFORONE
    int MSG_TRUNC
    int MSG_CTRUNC
    int AF_INET
    int AF_INET6
    int IPPROTO_IP "IPPROTO_IP"
    int recvmmsg(int fd, mmsghdr* messages, unsigned int count, int flags, timespec* timeout)
    int sendmmsg(int fd, mmsghdr* messages, unsigned int count, int flags)
    ssize_t sendmsg(int fd, msghdr* message, int flags)
    cmsghdr* CMSG_FIRSTHDR(msghdr* message)
    unsigned char* CMSG_DATA(cmsghdr* header)
    size_t CMSG_LEN(size_t size)
    size_t CMSG_SPACE(size_t size)


cdef extern from "netinet/in.h" nogil:
    struct in_addr:
        uint32_t s_addr
    struct in6_addr:
        uint8_t s6_addr[16]
    struct sockaddr_in:
        unsigned short sin_family
        uint16_t sin_port
        in_addr sin_addr
    struct sockaddr_in6:
        unsigned short sin6_family
        uint16_t sin6_port
        uint32_t sin6_flowinfo
        in6_addr sin6_addr
        uint32_t sin6_scope_id
    struct in_pktinfo:
        int ipi_ifindex
        in_addr ipi_spec_dst
        in_addr ipi_addr
    struct in6_pktinfo:
        in6_addr ipi6_addr
        unsigned int ipi6_ifindex
    int IPPROTO_IPV6
    int IP_PKTINFO
    int IPV6_PKTINFO


cdef extern from "poll.h" nogil:
    struct pollfd:
        int fd
        short events
        short revents
    int POLLIN
    int poll(pollfd* fds, unsigned long count, int timeout_milliseconds)


cdef extern from "unistd.h" nogil:
    ssize_t read(int fd, void* buffer, size_t count)
    ssize_t write(int fd, const void* buffer, size_t count)


cdef extern from "time.h" nogil:
    int CLOCK_MONOTONIC
    int CLOCK_REALTIME
    int CLOCK_REALTIME_COARSE
    int clock_gettime(int clock, timespec* now)


cdef extern from "errno.h" nogil:
    int errno
    int EAGAIN
    int EINTR
