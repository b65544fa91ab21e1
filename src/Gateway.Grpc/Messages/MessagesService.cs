using Grpc.Core;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Grpc.Bodies;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Gateway.Grpc.Subscriptions;
using Iggy.Gateway.Jwt;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Metrics;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Tracing;
using Iggy.Protocol;
using Iggy.Protocol.Vsr12;
using Iggy.V1;
using Microsoft.Extensions.Options;
using PollRequest = Iggy.Grains.Interfaces.Partitions.PollRequest;

namespace Iggy.Gateway.Grpc.Messages;

/// <summary>Sending and reading messages.</summary>
internal sealed class MessagesService(
    MessageCommands messages, ReadWaits waits, SubscriptionServer subscriptions, BearerAuthentication bearers, CallErrors errors, GatewayMetrics metrics, IOptions<GrpcOptions> options, IOptions<FrameLimits> limits)
{
    private const string PublishName = "iggy.v1.Messages/Publish.Batch";
    private const uint DefaultCount = 10, DefaultBytes = 1 << 20;
    private const uint WindowBatches = 16; // what keeps a line busy; more wait in the client's memory instead of the server's
    private const ulong SpareMicros = 10_000_000;

    /// <summary>Appends a batch.</summary>
    public async Task<SendResponse> SendAsync(SendFrame frame, ServerCallContext call)
    {
        using (frame)
        {
            var state = CallState.Of(call);
            frame.Keep(state.TakeRoom());
            CommandRefusedException.ThrowIf(frame.Fault);
            return await AppendAsync(state, frame.Address(), frame);
        }
    }

    /// <summary>Appends batch after batch: in the order in which they come, so the next one is received meanwhile and appended after.</summary>
    public async Task PublishAsync(IAsyncStreamReader<SendFrame> requests, IServerStreamWriter<PublishResponse> answers, ServerCallContext call)
    {
        var state = CallState.Of(call);
        await answers.WriteAsync(new PublishResponse { Window = new Window { Batches = WindowBatches, BatchBytes = (ulong)options.Value.MaxMessageBytes } });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, state.Stopping);
        TopicAddress? address = null;
        while (await requests.MoveNext(ended.Token))
        {
            using var frame = requests.Current;
            frame.Keep(state.TakeRoom());
            var (started, error) = (metrics.Start(), IggyError.None);
            using var span = RequestTraces.IsOn ? RequestTraces.Start(state.Session, PublishName, System.Diagnostics.Activity.Current?.Context ?? default) : null;
            var bytes = frame.Batch.Messages.Length;
            try
            {
                if (!await bearers.IsStillGoodAsync(state.Context, state.Session))
                    throw new CommandRefusedException(IggyError.Unauthenticated);
                CommandRefusedException.ThrowIf(frame.Fault);
                address = frame.HasAddress ? frame.Address() : address ?? throw new CommandRefusedException(IggyError.InvalidIdentifier);
                var place = await AppendAsync(state, address.Value, frame);
                await answers.WriteAsync(new PublishResponse { Confirmation = new Confirmation { Id = frame.PublishId, Place = place } }, CancellationToken.None);
            }
            catch (Exception failed) when (!call.CancellationToken.IsCancellationRequested)
            {
                error = errors.ErrorOf(call.Method, failed);
                if (error is IggyError.Unauthenticated)
                    throw;
                await answers.WriteAsync(new PublishResponse { Refusal = new Refusal { Id = frame.PublishId, Reason = GrpcErrors.Reason(error), Code = (uint)error } }, CancellationToken.None);
            }
            if (span is not null)
                RequestTraces.Tell(span, error);
            metrics.Served(started, TransportKind.Grpc, Sessions.Dialect.Unknown, PublishName, error, bytes, sent: 0);
        }
    }

    /// <summary>Reads messages, and waits for them.</summary>
    public async Task<PolledFrame> PollAsync(V1.PollRequest request, ServerCallContext call)
    {
        var state = CallState.Of(call);
        var address = Names.Topic(request.Stream, request.Topic);
        var (count, minCount) = (request.Count == 0 ? DefaultCount : request.Count, Math.Max(1, request.MinCount));
        var maxBytes = Math.Min(request.MaxBytes == 0 ? DefaultBytes : request.MaxBytes, (uint)Math.Min(ReplyMemory.WholeBytes, limits.Value.MaxPollBytes));
        var (from, value) = Starts.Of(request.From, request.Value);
        var key = Consumers.Key(request.Consumer);
        if (request.WaitMillis > 0)
        {
            var patience = new ReadPatience(request.WaitMillis * 1000UL, minCount, Math.Max(maxBytes, ReadPatience.LeastBytes), (request.WaitMillis * 1000UL) + SpareMicros);
            if (!patience.IsValid(count))
                throw new CommandRefusedException(IggyError.InvalidCommand);
            await messages.RequireTopicAsync(state.Session, Authorization.MessageAction.Poll, address);
            var strategy = new PollingStrategy((PollingKind)from, value);
            CommandRefusedException.ThrowIf(await waits.WaitAsync(
                state.Session, new WaitingRead(address, ConsumerKind.Single, default, key, strategy, [new ReadTarget(request.PartitionId, strategy)], patience), call.CancellationToken));
            call.CancellationToken.ThrowIfCancellationRequested();
        }
        var polled = await messages.PollAsync(state.Session, address, new PollRequest(
            key, from, value, count, request.AutoCommit, Grains.Interfaces.Partitions.MessageLayout.Classic, request.PartitionId, HeadroomBytes: 0, (int)maxBytes));
        if (polled.Error is not IggyError.None)
        {
            polled.Dispose();
            throw new CommandRefusedException(polled.Error);
        }
        var frame = await PolledFrame.OfAsync(polled, request.PartitionId);
        state.Held = frame; // until it is out
        return frame;
    }

    /// <summary>Pushes messages as they come.</summary>
    public Task SubscribeAsync(IAsyncStreamReader<SubscribeRequest> requests, IServerStreamWriter<SubscribeFrame> answers, ServerCallContext call) =>
        subscriptions.RunAsync(requests, answers, call);

    // Nothing ends an append that has begun: not the deadline, not a client that left.
    private async ValueTask<SendResponse> AppendAsync(CallState state, TopicAddress address, SendFrame frame)
    {
        try
        {
            var (error, appended, place) = await messages.AppendAsync(state.Session, address, frame.Choice, frame.Batch);
            CommandRefusedException.ThrowIf(error);
            return new SendResponse
            {
                StreamId = place.StreamId, TopicId = place.TopicId, PartitionId = place.PartitionId, BaseOffset = appended.BaseOffset, Persisted = appended.IsPersisted,
            };
        }
        catch (Exception e) when (UnknownOutcome.Is(e))
        {
            frame.Abandon();
            throw;
        }
    }
}
