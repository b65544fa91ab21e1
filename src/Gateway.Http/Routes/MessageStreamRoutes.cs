using System.Globalization;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Http.Groups;
using Iggy.Gateway.Jwt;
using Iggy.Gateway.Http.Messages;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Http.Routes;

/// <summary>Pushes messages as they come, as server-sent events.</summary>
/// <remarks>Each reader waits inside the partition for the next message and is woken by it, so nothing is asked again and again. Whether the token and its user are still good is asked before each
/// batch. The event's id is the offset: a client that comes back with <c>Last-Event-ID</c> goes on behind it.</remarks>
internal sealed class MessageStreamRoutes(
    MessageCommands messages, GroupPush groups, BearerAuthentication bearers, IOptions<FrameLimits> limits, IHostApplicationLifetime lifetime, TimeProvider clock) : IApiRoutes
{
    private const int Stream = 1, Topic = 3; // segments of the path
    private const uint DefaultCount = 100;

    // Shorter than the time after which proxies cut silent connections and after which a call into a grain is given up.
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _afterFailure = TimeSpan.FromSeconds(1);

    public string Tag => "Messages";

    public void AddTo(ApiRoutes routes) => routes.Add(new ApiRoute(
        HttpMethods.Get, "/streams/{stream}/topics/{topic}/messages/stream", "Pushes messages as they come: server-sent events, each with one message as JSON and its offset as id.", StreamAsync)
    {
        Query = PollQuery.Names, Headers = [HttpSessions.Header],
    });

    private async Task StreamAsync(HttpCall call)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, lifetime.ApplicationStopping);
        var query = PollQuery.Of(call, DefaultCount);
        var address = TopicAddress.Of(call.Identifier(Stream), call.Identifier(Topic));
        var events = new EventStream(call.Context.Response, query.HasRawHeaders, ended.Token);
        try
        {
            await (query.Consumer.IsGroup ? groups.RunAsync(call, address, query, events, ended.Token) : RunAsync(call, address, query, events, ended.Token));
        }
        catch (CommandRefusedException refused) when (call.Context.Response.HasStarted)
        {
            await events.TellAsync(refused.Error);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client left, or the server stops: the client comes back with the id it saw last.
        }
    }

    private async Task RunAsync(HttpCall call, TopicAddress address, PollQuery query, EventStream events, CancellationToken ended)
    {
        if (call.Context.Request.Headers["Last-Event-ID"] is [{ } last] && ulong.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var seen) && seen < ulong.MaxValue)
            query = query with { From = PollFrom.Offset, Value = seen + 1 };

        // Before the first look, so that what comes in between is not missed when that look finds nothing.
        var (error, end) = await messages.WaitAsync(call.Session, address, query.PartitionId ?? 0, offset: 0, TimeSpan.Zero);
        CommandRefusedException.ThrowIf(error);
        var next = query.From is PollFrom.Offset ? query.Value : end;

        var polled = await messages.PollAsync(call.Session, address, query.ToRequest(limits.Value.MaxPollBytes));
        CommandRefusedException.ThrowIf(polled.Error); // still with a status of its own
        events.Begin();
        while (true)
        {
            using (polled)
            {
                if (polled.Result.Count == 0)
                    await events.ShowLifeAsync();
                next = await events.WriteAsync(polled, next);
            }
            if (HttpMethods.IsHead(call.Context.Request.Method))
                return;
            polled = await NextAsync(call, address, query with { From = PollFrom.Offset, Value = next }, ended);
        }
    }

    private async Task<PolledReply> NextAsync(HttpCall call, TopicAddress address, PollQuery query, CancellationToken ended)
    {
        var (error, end) = await messages.WaitAsync(call.Session, address, query.PartitionId ?? 0, query.Value, _silence).AsTask().WaitAsync(ended);
        if (error is IggyError.IoError) // the partition is out of order and is opened anew in some seconds
            await Task.Delay(_afterFailure, clock, ended);
        else
            CommandRefusedException.ThrowIf(error);
        if (!await bearers.IsStillGoodAsync(call.Context, call.Session))
            throw new CommandRefusedException(IggyError.Unauthenticated);
        if (end <= query.Value)
            return default;

        var polled = await messages.PollAsync(call.Session, address, query.ToRequest(limits.Value.MaxPollBytes));
        CommandRefusedException.ThrowIf(polled.Error);
        return polled;
    }
}
