namespace Iggy.Gateway.Wire.Transports;

/// <summary>A stream that several requests answer on: whole replies, one after the other. One object for each of those who answer.</summary>
/// <param name="turn">Shared by all who answer on it.</param>
internal sealed class TurnedStream(ReplyTurn turn) : IByteStream
{
    private bool _isInside; // a reply whose first part is sent

    public ValueTask<int> ReceiveAsync(Memory<byte> into) => turn.Stream.ReceiveAsync(into);

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true) => isEnd && !_isInside ? turn.SendAsync(bytes) : SendPartAsync(bytes, isEnd);

    public void AcknowledgeNow() => turn.Stream.AcknowledgeNow();

    public void StopReceiving() => turn.Stream.StopReceiving();

    public void FinishSending() => turn.Stream.FinishSending();

    /// <summary>Lets others answer, where a reply was given up inside. The stream is of no use then, which the caller has to see to.</summary>
    public void Leave()
    {
        if (!_isInside)
            return;
        _isInside = false;
        turn.Leave();
    }

    public ValueTask DisposeAsync() => default;

    private async ValueTask SendPartAsync(ReadOnlyMemory<byte> bytes, bool isEnd)
    {
        if (!_isInside)
            await turn.EnterAsync();
        _isInside = true;
        var isSent = false;
        try
        {
            await turn.Stream.SendAsync(bytes, isEnd);
            isSent = true;
        }
        finally
        {
            if (isEnd || !isSent)
                Leave();
        }
    }
}
