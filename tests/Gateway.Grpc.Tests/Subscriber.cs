using Grpc.Core;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Tests;

/// <summary>One side of a subscription.</summary>
public sealed class Subscriber : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private readonly AsyncDuplexStreamingCall<SubscribeRequest, SubscribeResponse> _call;

    private Subscriber(AsyncDuplexStreamingCall<SubscribeRequest, SubscribeResponse> call) => _call = call;

    public static async Task<Subscriber> OpenAsync(Messages.MessagesClient messages, Metadata who, Start start)
    {
        var subscriber = new Subscriber(messages.Subscribe(who, cancellationToken: TestContext.Current.CancellationToken));
        await subscriber.SayAsync(new SubscribeRequest { Start = start });
        return subscriber;
    }

    public Task SayAsync(SubscribeRequest request) => _call.RequestStream.WriteAsync(request);

    public Task GrantAsync(ulong messages, ulong bytes = 1 << 20) => SayAsync(new SubscribeRequest { Credit = new Credit { Messages = messages, Bytes = bytes } });

    public Task AckAsync(uint partition, ulong offset) => SayAsync(new SubscribeRequest { Ack = new Ack { PartitionId = partition, Offset = offset } });

    public Task NackAsync(uint partition, ulong offset) => SayAsync(new SubscribeRequest { Nack = new Nack { PartitionId = partition, Offset = offset } });

    /// <summary>The next event of a kind; others are passed over.</summary>
    public async Task<SubscribeResponse> NextAsync(SubscribeResponse.EventOneofCase kind)
    {
        while (await _call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(_limit))
        {
            if (_call.ResponseStream.Current.EventCase == kind)
                return _call.ResponseStream.Current;
        }
        throw new InvalidOperationException($"The subscription ended before {kind}.");
    }

    /// <summary>Messages until there are so many, with their partitions.</summary>
    public async Task<List<(uint Partition, ulong Offset, string Text)>> TakeAsync(int count)
    {
        var taken = new List<(uint, ulong, string)>();
        while (taken.Count < count)
        {
            var delivery = (await NextAsync(SubscribeResponse.EventOneofCase.Delivery)).Delivery;
            foreach (var message in delivery.Messages)
                taken.Add((delivery.PartitionId, message.Offset, message.Payload.ToStringUtf8().Trim()));
        }
        return taken;
    }

    /// <summary>Ends the client's side and waits for the server's.</summary>
    public async Task EndAsync()
    {
        await _call.RequestStream.CompleteAsync();
        while (await _call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(_limit))
            continue;
    }

    public void Dispose() => _call.Dispose();
}
