using System.Text.Json;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Http.Groups;
using Iggy.Gateway.Http.Messages;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Routing;
using Iggy.Primitives;
using Iggy.Protocol;
using Iggy.Protocol.Vsr12;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http.Routes;

/// <summary>Sending, polling and flushing.</summary>
internal sealed class MessageRoutes(
    MessageCommands messages, GroupReads groups, ReadWaits waits, PartitionCalls partitions, Positions positions, IOptions<FrameLimits> limits, TimeProvider clock) : IApiRoutes
{
    private const int Stream = 1, Topic = 3, Partition = 6, Fsync = 7; // segments of the path
    private const string DurabilityHeader = "iggy-durability";
    private const string Messages = "/streams/{stream}/topics/{topic}/messages";

    public string Tag => "Messages";

    public void AddTo(ApiRoutes routes)
    {
        routes.Post(Messages, "Appends messages to one partition.", SendAsync, typeof(SendShape), typeof(SendReply), StatusCodes.Status201Created);
        routes.Add(new ApiRoute(HttpMethods.Get, Messages, "Reads messages of one partition, for a consumer or as a member of a group.", PollAsync)
        {
            Reply = typeof(PollShape), Query = PollQuery.Names, Headers = [HttpSessions.Header],
        });
        foreach (var method in (string[])[HttpMethods.Get, HttpMethods.Post])
        {
            routes.Add(new ApiRoute(method, Messages + "/deferred", "Reads messages of one partition for a consumer, and waits for them; as POST it may store the offset.", PollDeferredAsync)
            {
                Reply = typeof(PollShape), Query = [.. PollQuery.Names, "context", "wait_us", "min_count", "max_bytes", "request_timeout_us"],
            });
        }
        routes.Get(Messages + "/flush/{partition}/{fsync}", "Hands what is written to the operating system, or to the disk.", FlushAsync);
    }

    private async Task SendAsync(HttpCall call)
    {
        var address = TopicAddress.Of(call.Identifier(Stream), call.Identifier(Topic));
        if (JsonBodies.IsLarge(call.Context.Request))
            await messages.RequireTopicAsync(call.Session, MessageAction.Send, address); // who may not send takes no memory
        using var body = await call.ReadAsync();
        var micros = clock.UnixMicros();
        using var send = SendBodyReader.Read(body.Bytes.Span, limits.Value.MaxSendBytes, micros);
        send.Check();
        SendConfirmationReply confirmation;
        bool isPersisted;
        try
        {
            var (error, appended, place) = await messages.AppendAsync(call.Session, address, send.Choose(), send.Batch);
            CommandRefusedException.ThrowIf(error);
            confirmation = new(place.StreamId, place.TopicId, place.PartitionId, appended.BaseOffset);
            isPersisted = appended.IsPersisted;
        }
        catch (Exception e) when (UnknownOutcome.Is(e))
        {
            send.Abandon();
            throw;
        }
        // Clients up to 0.8 look at no body here, those since insist on it. Who wants no confirmation gets one too: nothing is quicker without.
        call.Context.Response.Headers[DurabilityHeader] = isPersisted ? "persisted" : "replicated"; // the two words of the newer line
        var status = call.Query("ack") is "none" ? StatusCodes.Status202Accepted : StatusCodes.Status201Created;
        await call.AnswerAsync(new SendReply([confirmation]), ApiJson.Wire.SendReply, status);
    }

    private async Task PollAsync(HttpCall call)
    {
        var query = PollQuery.Of(call, defaultCount: 10);
        var address = TopicAddress.Of(call.Identifier(Stream), call.Identifier(Topic));
        var request = query.ToRequest(limits.Value.MaxPollBytes);
        using var polled = query.Consumer.IsGroup
            ? await groups.PollAsync(call, address, query, request)
            : await messages.PollAsync(call.Session, address, request);
        CommandRefusedException.ThrowIf(polled.Error);
        await AnswerAsync(call, address, query, polled);
    }

    // What clients since the 0.10 line send for every poll.
    private async Task PollDeferredAsync(HttpCall call)
    {
        var query = PollQuery.Of(call, defaultCount: 1000);
        var wait = call.QueryU64("wait_us", 0);
        var patience = new ReadPatience(
            wait, call.QueryU32("min_count", 1), call.QueryU32("max_bytes", 1 << 20), call.QueryU64("request_timeout_us", Math.Min(wait, ReadPatience.MostWaitMicros) + 10_000_000));
        if (query.Consumer.IsGroup || query.Consumer.IsExternal || !patience.IsValid(query.Count))
            throw new CommandRefusedException(IggyError.InvalidCommand);
        var (address, partition) = (TopicAddress.Of(call.Identifier(Stream), call.Identifier(Topic)), query.PartitionId ?? 0);
        await messages.RequireTopicAsync(call.Session, MessageAction.Poll, address);
        await partitions.RequireHistoryAsync(address, partition, Incarnation(call.Query("context")), isNeeded: false);
        var strategy = new PollingStrategy((PollingKind)query.From, query.Value);
        CommandRefusedException.ThrowIf(await waits.WaitAsync(
            call.Session, new WaitingRead(address, ConsumerKind.Single, default, query.Consumer.Key, strategy, [new ReadTarget(partition, strategy)], patience), call.Context.RequestAborted));
        using var polled = await messages.PollAsync(call.Session, address, query.ToRequest((int)Math.Min(patience.MaxBytes, (uint)limits.Value.MaxPollBytes)));
        CommandRefusedException.ThrowIf(polled.Error);
        await AnswerAsync(call, address, query, polled);
    }

    private async Task AnswerAsync(HttpCall call, TopicAddress address, PollQuery query, PolledReply polled)
    {
        var incarnation = polled.PartitionId is { } partition ? await partitions.RequireHistoryAsync(address, partition, incarnation: 0, isNeeded: false) : 0;
        await PollReplyWriter.WriteAsync(call.Context.Response, polled, query.HasRawHeaders, incarnation, positions.Current);
    }

    private static ulong Incarnation(string? context)
    {
        try
        {
            return context is null ? 0 : JsonSerializer.Deserialize(context, ApiJson.Wire.ContextJson)?.Incarnation ?? 0;
        }
        catch (JsonException)
        {
            throw new RequestRejectedException(StatusCodes.Status400BadRequest, "The query parameter context is no context.");
        }
    }

    private async Task FlushAsync(HttpCall call)
    {
        var partition = call.Number(Partition);
        var toDisk = call.Text(Fsync) switch
        {
            "true" or "fsync=true" => true, // the latter is how one released client writes it
            "false" or "fsync=false" => false,
            var other => throw new RequestRejectedException(StatusCodes.Status400BadRequest, $"'{other}' in the path is neither true nor false."),
        };
        var address = TopicAddress.Of(call.Identifier(Stream), call.Identifier(Topic));
        CommandRefusedException.ThrowIf(await messages.FlushAsync(call.Session, address, partition, toDisk));
        await call.AnswerAsync(StatusCodes.Status200OK);
    }
}
