using System.Threading.Channels;
using Grpc.Core;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Grpc.Bodies;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Subscriptions;

/// <summary>One subscriber: one loop delivers and answers, one reads what the client says.</summary>
/// <remarks>In each of its partitions it waits for the next message, which an append wakes: nothing is asked again and again. Without credit nothing is read. What is
/// delivered goes on behind what was delivered last, for as long as the partition is the subscriber's; only acknowledged offsets are stored.</remarks>
/// <param name="source">What it reads from.</param>
/// <param name="start">Where reading starts; for a group where nothing is stored yet.</param>
/// <param name="isStillGood">Whether the caller may go on; asked before each round.</param>
/// <param name="answers">Where to.</param>
/// <param name="clock">For heartbeats.</param>
internal sealed class Subscription(
    IReadSource source, (PollFrom From, ulong Value) start, Func<ValueTask<bool>> isStillGood, IServerStreamWriter<SubscribeFrame> answers, TimeProvider clock)
{
    private const uint MostMessages = 1_000; // of one delivery
    private const int MostBytes = 1 << 20;
    private const int MostUntold = 256; // answers to what the client said; it is not listened to while they are not taken

    // Shorter than the time after which a call into a grain is given up.
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _afterFailure = TimeSpan.FromSeconds(1);

    private readonly Dictionary<uint, Place> _places = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<SubscribeResponse> _untold = Channel.CreateBounded<SubscribeResponse>(MostUntold);
    private readonly Channel<Nack> _nacks = Channel.CreateBounded<Nack>(MostUntold);
    private IReadOnlyList<uint> _partitions = [];
    private Task _outdated = Task.CompletedTask;
    private bool _isTold;
    private volatile bool _isHeartbeatDue, _isLookDue;

    /// <summary>What may be delivered.</summary>
    public Credits Credits { get; } = new();

    /// <summary>Runs until the client ends its side or leaves.</summary>
    /// <param name="requests">What the client says after the start.</param>
    /// <param name="heartbeat">The longest silence.</param>
    /// <param name="ended">Ends it; ended here with the first of the two loops.</param>
    public async Task RunAsync(IAsyncStreamReader<SubscribeRequest> requests, TimeSpan heartbeat, CancellationTokenSource ended)
    {
        await using var timer = clock.CreateTimer(static state => ((Subscription)state!).Tick(), this, heartbeat, heartbeat);
        var listening = ListenAsync(requests, ended.Token);
        var delivering = DeliverAsync(ended.Token);
        var first = await Task.WhenAny(listening, delivering);
        await ended.CancelAsync();
        var second = first == listening ? delivering : listening;
        await second.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // it ends for the first one's sake
        await first;
    }

    private async Task ListenAsync(IAsyncStreamReader<SubscribeRequest> requests, CancellationToken ended)
    {
        while (await requests.MoveNext(ended))
        {
            switch (requests.Current)
            {
                case { Credit: { } credit }:
                    Credits.Grant(credit.Messages, credit.Bytes);
                    break;
                case { Ack: { } ack }:
                    var error = await source.StoreAsync(ack.PartitionId, ack.Offset);
                    await _untold.Writer.WriteAsync(error is IggyError.None
                        ? new SubscribeResponse { Acked = new Acked { PartitionId = ack.PartitionId, Offset = ack.Offset } }
                        : Refused(ack.PartitionId, ack.Offset, error), ended);
                    break;
                case { Nack: { } nack }:
                    await _nacks.Writer.WriteAsync(nack, ended);
                    break;
                default:
                    throw new CommandRefusedException(IggyError.InvalidCommand);
            }
            Wake();
        }
    }

    private async Task DeliverAsync(CancellationToken ended)
    {
        while (true)
        {
            if (!await isStillGood())
                throw new CommandRefusedException(IggyError.Unauthenticated);
            if (_outdated.IsCompleted || _isLookDue || !_isTold)
                await LookAsync(ended);
            await AnswerAsync(ended);
            var isQuiet = true;
            foreach (var id in _partitions)
                isQuiet &= !await DeliverAsync(id, _places[id], ended);
            if (!isQuiet)
                continue;
            await _wake.Reader.ReadAsync(ended);
            if (_isHeartbeatDue)
                await TellAsync(new SubscribeResponse { Heartbeat = new Heartbeat() }, ended);
        }
    }

    // Which partitions are to be read now.
    private async ValueTask LookAsync(CancellationToken ended)
    {
        _isLookDue = false;
        var now = await source.ListAsync();
        if (source.WhenOutdatedAsync() is var outdated && outdated != _outdated)
            WakeAfter(_outdated = outdated);
        var lost = _places.Keys.Where(known => !now.Contains(known)).ToArray();
        var isChanged = lost.Length > 0 || now.Count != _places.Count || !_isTold;
        foreach (var id in lost)
            _places.Remove(id);
        foreach (var id in now)
            _places.TryAdd(id, new Place());
        _partitions = now;
        _isTold = true;
        if (isChanged)
            await TellAsync(new SubscribeResponse { Rebalanced = new Rebalanced { PartitionIds = { now }, LostPartitionIds = { lost } } }, ended);
    }

    private async ValueTask AnswerAsync(CancellationToken ended)
    {
        while (_nacks.Reader.TryRead(out var nack))
        {
            if (!_places.TryGetValue(nack.PartitionId, out var place))
                await TellAsync(Refused(nack.PartitionId, nack.Offset, IggyError.NotResolvedConsumer), ended);
            else if (place.Next is not { } next || nack.Offset >= next)
                await TellAsync(Refused(nack.PartitionId, nack.Offset, IggyError.InvalidOffset), ended); // it was not delivered
            else
                (place.Next, place.Waiting) = (nack.Offset, null);
        }
        while (_untold.Reader.TryRead(out var answer))
            await TellAsync(answer, ended);
    }

    // Returns whether there may be more to deliver at once.
    private async ValueTask<bool> DeliverAsync(uint id, Place place, CancellationToken ended)
    {
        var (count, bytes) = Credits.Left(MostMessages, MostBytes);
        if (count == 0 || place.Waiting is { IsCompleted: false })
            return false;

        // Where the partition ends is asked before it is read, so that what comes in between is not missed when nothing is found.
        var (error, end) = place.Waiting is null ? await source.WaitAsync(id, 0, TimeSpan.Zero) : await place.Waiting;
        place.Waiting = null;
        if (error is not IggyError.None)
            return await PauseAsync(id, error, ended);
        if (place.Next is null && start.From is PollFrom.Last && !(source is GroupSource && await source.HasStoredAsync(id)))
            place.Next = end; // from now on
        var (from, value) = place.Next is { } next ? (PollFrom.Offset, next)
            : source is GroupSource && start.From is not PollFrom.Next && await source.HasStoredAsync(id) ? (PollFrom.Next, 0)
            : start;
        var polled = await source.PollAsync(id, from, value, count, bytes);
        if (polled.Error is not IggyError.None || polled.PartitionId is null)
        {
            polled.Dispose();
            return await PauseAsync(id, polled.Error is IggyError.None ? IggyError.NotResolvedConsumer : polled.Error, ended);
        }

        using var delivery = await PolledFrame.OfAsync(polled, id);
        if (delivery.Count == 0)
        {
            place.Next = Math.Max(place.Next ?? 0, end);
            place.Waiting = source.WaitAsync(id, place.Next.Value, _longestWait); // one that nobody looks at any more ends by itself
            WakeAfter(place.Waiting);
            return false;
        }
        Credits.Spend(delivery.Count, delivery.MessagesBytes);
        place.Next = delivery.LastOffset + 1;
        _isHeartbeatDue = false;
        await answers.WriteAsync(new SubscribeFrame(null, delivery), ended);
        return true;
    }

    // The partition is on its way to somebody else, or is opened anew in some seconds.
    private async ValueTask<bool> PauseAsync(uint id, IggyError error, CancellationToken ended)
    {
        if (error is not (IggyError.NotResolvedConsumer or IggyError.PartitionNotFound or IggyError.IoError) || (error is IggyError.PartitionNotFound && source is ConsumerSource))
            throw new CommandRefusedException(error);
        if (error is not IggyError.IoError)
            _places[id] = new Place(); // whoever had it meanwhile may have stored more
        _isLookDue = true;
        await Task.Delay(_afterFailure, clock, ended);
        return true;
    }

    private ValueTask TellAsync(SubscribeResponse answer, CancellationToken ended)
    {
        _isHeartbeatDue = false;
        return new(answers.WriteAsync(new SubscribeFrame(answer, null), ended));
    }

    private void Tick()
    {
        (_isHeartbeatDue, _isLookDue) = (true, true);
        Wake();
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private void WakeAfter(Task task)
    {
        if (!task.IsCompleted)
            task.ContinueWith(static (done, self) => ((Subscription)self!).WakeAfterEnd(done), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        else
            Wake();
    }

    private void WakeAfterEnd(Task done)
    {
        _ = done.Exception; // of one that nobody looks at any more
        Wake();
    }

    private static SubscribeResponse Refused(uint partitionId, ulong offset, IggyError error) => new()
    {
        AckRefused = new AckRefused { PartitionId = partitionId, Offset = offset, Reason = GrpcErrors.Reason(error), Code = (uint)error },
    };

    /// <summary>Where the subscriber stands in a partition.</summary>
    private sealed class Place
    {
        /// <summary>The offset behind what was delivered; null before the first look.</summary>
        public ulong? Next { get; set; }

        /// <summary>For the message of that offset; null where there may be more at once.</summary>
        public Task<(IggyError Error, ulong NextOffset)>? Waiting { get; set; }
    }
}
