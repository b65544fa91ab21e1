namespace Iggy.Gateway.Wire.Transports;

/// <summary>A stream that several requests answer on: whole replies, one after the other. One object for each of those who answer.</summary>
/// <param name="stream">Owned by the caller.</param>
/// <param name="turn">Shared by all who answer on it.</param>
internal sealed class TurnedStream(IByteStream stream, SemaphoreSlim turn) : IByteStream
{
    private bool _isInside; // a reply whose first part is sent

    public ValueTask<int> ReceiveAsync(Memory<byte> into) => stream.ReceiveAsync(into);

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true)
    {
        if (!_isInside)
            await turn.WaitAsync();
        _isInside = true;
        var isSent = false;
        try
        {
            await stream.SendAsync(bytes, isEnd);
            isSent = true;
        }
        finally
        {
            if (isEnd || !isSent)
                Leave();
        }
    }

    public void AcknowledgeNow() => stream.AcknowledgeNow();

    public void StopReceiving() => stream.StopReceiving();

    public void FinishSending() => stream.FinishSending();

    /// <summary>Lets others answer, where a reply was given up inside. The stream is of no use then, which the caller has to see to.</summary>
    public void Leave()
    {
        if (!_isInside)
            return;
        _isInside = false;
        turn.Release();
    }

    public ValueTask DisposeAsync() => default;
}
