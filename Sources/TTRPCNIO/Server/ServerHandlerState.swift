/// What a connection's handler keeps in mind between two events.
extension ServerHandler {
    /// How the connection stands with its peer.
    enum State {
        case open
        /// The peer does not take what it is owed, or a handler does not take what was sent to it;
        /// nothing is read or answered until they do.
        case paused
        /// Everything is answered, or nothing can be; the socket closes.
        case closing
        /// The socket is gone; handlers may still be ending.
        case gone
    }

    /// What this turn of the loop does, which decides when answers are written.
    enum Turn {
        case idle
        /// Tasks have answered; one write at the end of the tick takes it all.
        case flushScheduled
        /// Between the first read of a burst and its end, where all answers are written at once.
        case reading
        /// Inside the loop over frames; a write in it may call back.
        case takingFrames
    }
}
