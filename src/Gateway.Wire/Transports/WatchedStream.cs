using System.Runtime.CompilerServices;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;

namespace Iggy.Gateway.Wire.Transports;

/// <summary>A stream that notes what it waits for, so that <see cref="ConnectionWatch"/> can tell a slow client from a slow server.</summary>
/// <remarks>Does not own the stream beneath. Where that one need not wait, nothing is allocated.</remarks>
internal sealed class WatchedStream(IByteStream stream, ConnectionActivity activity) : IByteStream
{
    public ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        activity.StartReceiving();
        var receiving = stream.ReceiveAsync(into);
        if (!receiving.IsCompletedSuccessfully)
            return WaitAsync(receiving);
        var received = receiving.Result; // taken once: there may be none behind it a second time
        activity.EndReceiving(received);
        return new(received);
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd = true)
    {
        activity.StartSending(bytes.Length);
        var sending = stream.SendAsync(bytes, isEnd);
        if (!sending.IsCompletedSuccessfully)
            return WaitAsync(sending);
        activity.EndSending();
        return sending;
    }

    public void AcknowledgeNow() => stream.AcknowledgeNow();

    public void StopReceiving() => stream.StopReceiving();

    public void FinishSending() => stream.FinishSending();

    public ValueTask DisposeAsync() => default;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<int> receiving)
    {
        var received = await receiving;
        activity.EndReceiving(received);
        return received;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ValueTask sending)
    {
        await sending;
        activity.EndSending();
    }
}
