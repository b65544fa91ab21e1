using Iggy.Gateway.Wire.Transports;

namespace Iggy.Gateway.Wire.Frames;

/// <summary>One dialect on one stream: takes a request apart, has it carried out and answers. Used by one frame loop at a time.</summary>
internal interface IFrameServer : IDisposable
{
    /// <summary>Bytes that must be at hand before <see cref="ServeAsync"/>: the head of a frame.</summary>
    int HeadBytes { get; }

    /// <summary>Serves the request that starts at the first byte of the buffer, and consumes it.</summary>
    /// <returns>False when the connection must end now; the answer is sent.</returns>
    ValueTask<bool> ServeAsync(ReceiveBuffer input);

    /// <summary>Ends what still waits, and waits for all that was begun and its answers. Nothing is served any more.</summary>
    ValueTask FinishAsync() => default;

    /// <summary>Tells the client that the server stops, where the dialect has words for it.</summary>
    ValueTask SayStoppingAsync();

    /// <summary>Tells the client that it was silent for too long, where the dialect has words for it.</summary>
    ValueTask SayStaleAsync();
}
