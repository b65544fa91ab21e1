namespace Iggy.Gateway.Wire.Transports;

/// <summary>An ordered, reliable stream of bytes to one client. What the frame loop needs of a transport, and no more.</summary>
/// <remarks>One receive and one send at a time. A broken connection throws <see cref="IOException"/> or
/// <see cref="System.Net.Sockets.SocketException"/> from either.</remarks>
internal interface IByteStream : IAsyncDisposable
{
    /// <summary>Receives what is there, at least one byte.</summary>
    /// <returns>The number of bytes; 0 when the client has finished sending or <see cref="StopReceiving"/> was called.</returns>
    ValueTask<int> ReceiveAsync(Memory<byte> into);

    /// <summary>Sends all of <paramref name="bytes"/>: one whole reply or a part of it, so that message transports can keep its borders.</summary>
    /// <param name="bytes">At least one.</param>
    /// <param name="isEnd">Whether the reply ends with them.</param>
    ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true);

    /// <summary>Tells the client's system at once that what came has come: it may keep the rest of a request back until then. For transports that
    /// acknowledge in time by themselves nothing happens.</summary>
    void AcknowledgeNow()
    {
    }

    /// <summary>Makes the pending and every later receive return 0. Sending still works. May be called from any thread.</summary>
    void StopReceiving();

    /// <summary>Whether the client has closed the connection behind all that was received, as far as that shows without receiving. May be called from any
    /// thread.</summary>
    bool HasPeerLeft => false;

    /// <summary>From here on answers may be sent by several at once, and none waits for another: whoever calls this keeps them apart.</summary>
    ValueTask StopGatheringAsync() => default;

    /// <summary>Tells the client that nothing more will come. Receiving still works.</summary>
    void FinishSending();
}
