namespace Iggy.Quic;

/// <summary>A QUIC connection or stream ended, or could not be made. Derived so that code for byte streams needs no word on QUIC.</summary>
internal sealed class QuicException(string message, Exception? inner = null) : IOException(message, inner);
