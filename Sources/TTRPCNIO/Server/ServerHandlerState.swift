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

    /// Why an open connection that owes nothing is not read for a while.
    enum Rest {
        case none
        /// Others have their turn; it goes on in the next one of the loop.
        case letsOthers
        /// It was refused too often.
        case hushed
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
