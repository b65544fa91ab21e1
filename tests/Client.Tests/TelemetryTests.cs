using System.Diagnostics;
using System.Diagnostics.Metrics;
using Iggy.Client.Telemetry;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Testing;

namespace Iggy.Client.Tests;

/// <summary>A listener hears all clients of the process, so nothing runs beside these tests.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>Spans and figures of the client, and the context that travels with messages.</summary>
[Collection(nameof(AloneCollection))]
public sealed class TelemetryTests : IDisposable
{
    private readonly List<Activity> _spans = [];
    private readonly List<ActivityListener> _listeners = [];

    public void Dispose() => _listeners.ForEach(static listener => listener.Dispose());

    // Goal: while nobody collects, messages leave as they are.
    [Fact]
    public async Task Send_WhileNobodyCollects_AddsNothing()
    {
        var sent = await SendAsync(new Message("a"));
        Assert.True(sent[0].UserHeaders.IsEmpty);
    }

    // Goal: whoever reads the message finds the span that sent it, whatever headers it has besides.
    [Fact]
    public async Task Send_WhileSpansAreCollected_WritesTheSpanIntoEveryMessage()
    {
        Collect();
        var sent = await SendAsync(new Message("a"), new Message("b") { UserHeaders = new MessageHeaders().Add("kind", "order").ToMemory() });
        var span = Assert.Single(_spans);
        Assert.Equal(("send s/t", ActivityKind.Producer), (span.DisplayName, span.Kind));
        Assert.Equal(("iggy", "s/t", "send", "send", 2), (span.GetTagItem("messaging.system"), span.GetTagItem("messaging.destination.name"),
            span.GetTagItem("messaging.operation.name"), span.GetTagItem("messaging.operation.type"), span.GetTagItem("messaging.batch.message_count")));
        Assert.Equal("3", span.GetTagItem("messaging.destination.partition.id"));
        foreach (var message in sent)
        {
            Assert.True(TraceHeaders.TryReadContext(message.UserHeaders.Span, out var context));
            Assert.Equal((span.TraceId, span.SpanId, true), (context.TraceId, context.SpanId, context.IsRemote));
        }
        Assert.True(sent[1].TryGetHeader("kind", out var kind) && kind == "order");
        Assert.Null(Activity.Current); // the caller's span is what it was
    }

    // Goal: a message that was made elsewhere, and is only passed on, stays in its trace.
    [Fact]
    public async Task Send_MessageWithAContext_KeepsIt()
    {
        Collect();
        const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var sent = await SendAsync(new Message("a") { UserHeaders = new MessageHeaders().Add("traceparent", Parent).ToMemory() });
        Assert.True(sent[0].TryGetHeader("traceparent", out var kept));
        Assert.Equal(Parent, kept);
    }

    // Goal: baggage is the application's own affair, and messages outlive it: only what the settings name goes along, and comes out.
    [Fact]
    public async Task Baggage_GoesAlong_OnlyWhereItIsNamed()
    {
        Collect();
        using var source = new ActivitySource("test");
        Collect("test");
        using (var outer = source.StartActivity("outer")!)
        {
            outer.AddBaggage("customer", "a b,c");
            outer.AddBaggage("password", "secret");
            var sent = await SendAsync(static options => options with { BaggageKeys = ["customer"] }, new Message("a"));
            Assert.True(sent[0].TryGetHeader("baggage", out var text));
            Assert.Equal("customer=a%20b%2Cc", text);

            var context = new MessageContext(["customer"]);
            using var inner = new Activity("inner"); // of no other
            context.TakeBaggage(sent[0], inner);
            Assert.Equal("a b,c", inner.GetBaggageItem("customer"));
            new MessageContext(["password"]).TakeBaggage(sent[0], inner);
            Assert.Null(inner.GetBaggageItem("password"));
        }
        Assert.False((await SendAsync(new Message("a")))[0].TryGetHeader("baggage", out _));
    }

    // Goal: what the producer's batches carry is the span of who gave the message, which is over when the batch leaves.
    [Fact]
    public async Task Producer_Message_CarriesTheSpanOfItsCaller()
    {
        Collect();
        Collect("test");
        using var source = new ActivitySource("test");
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        await using var producer = client.CreateProducer(new ProducerOptions { Stream = new("s"), Topic = new("t"), Linger = TimeSpan.FromDays(1) });
        ActivitySpanId caller;
        using (var span = source.StartActivity("caller")!)
        {
            caller = span.SpanId;
            await producer.SendAsync(new("a"), Setup.Cancellation);
        }
        var flush = producer.FlushAsync(Setup.Cancellation);
        var sent = Messages((await peer.ReadAsync()).Payload);
        await peer.WriteAsync(ScriptedServer.Empty());
        await flush.WaitAsync(ScriptedServer.Limit, Setup.Cancellation);
        Assert.True(TraceHeaders.TryReadContext(sent[0].UserHeaders.Span, out var context));
        Assert.Equal(caller, context.SpanId);
    }

    // Goal: a handler works in its message's trace. Method: what was sent is what is polled; the handler looks where it is.
    [Fact]
    public async Task Handle_Message_RunsInsideASpanLinkedToItsProducers()
    {
        Collect();
        var block = new MessageHeaders().Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").ToMemory();
        var rules = new GroupServer(["a"]);
        Activity? inside = null;
        await RunAsync((code, payload) => code == (uint)CommandCode.PollMessages ? ScriptedServer.Ok(Poll(rules.Polls, block, rules.Answer(code, payload))) : rules.Answer(code, payload), async client =>
        {
            await using var consumer = client.CreateConsumer(new ConsumerOptions
            {
                Stream = new("s"), Topic = new("t"), Consumer = new(ConsumerKind.Group, new("g")), Follow = false, Commit = AutoCommit.AfterEach,
            });
            await consumer.HandleAsync((_, _) =>
            {
                inside = Activity.Current;
                return default;
            }, Setup.Cancellation);
        });
        Assert.NotNull(inside);
        Assert.Equal(("process s/t", ActivityKind.Consumer, "b7ad6b7169203331"), (inside.DisplayName, inside.Kind, inside.ParentSpanId.ToString()));
        Assert.Equal("b7ad6b7169203331", Assert.Single(inside.Links).Context.SpanId.ToString());
        Assert.Equal(("g", "0", 0L), (inside.GetTagItem("messaging.consumer.group.name"), inside.GetTagItem("messaging.destination.partition.id"), inside.GetTagItem("messaging.iggy.offset")));
        var poll = _spans.First(static span => span.DisplayName == "poll s/t");
        Assert.Equal("receive", poll.GetTagItem("messaging.operation.type"));
        Assert.Equal("b7ad6b7169203331", Assert.Single(poll.Links).Context.SpanId.ToString());
        Assert.Equal("settle", _spans.First(static span => span.DisplayName == "commit s/t").GetTagItem("messaging.operation.type"));
        Assert.DoesNotContain(_spans, static span => span.DisplayName == "poll s/t" && span.Recorded && !span.Links.Any()); // empty ones are not kept
    }

    // Goal: a failure shows in span and figures by its name.
    [Fact]
    public async Task Send_Refused_TellsTheError()
    {
        Collect();
        var seen = new List<(string Name, string? Error)>();
        using var figures = new MeterListener { InstrumentPublished = static (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        figures.SetMeasurementEventCallback<double>((instrument, _, tags, _) =>
        {
            if (instrument.Meter.Name == "Iggy.Client")
                seen.Add((instrument.Name, tags.ToArray().FirstOrDefault(static tag => tag.Key == "error.type").Value as string));
        });
        figures.Start();
        await RunAsync(static (_, _) => ScriptedServer.Empty((uint)IggyError.TopicIdNotFound), static async client =>
            await Assert.ThrowsAsync<IggyException>(() => client.SendMessageAsync(new("s"), new("t"), Partitioning.Balanced, new("a"), Setup.Cancellation).Within()));
        Assert.Equal("TopicIdNotFound", Assert.Single(_spans).GetTagItem("error.type"));
        Assert.Equal(ActivityStatusCode.Error, _spans[0].Status);
        Assert.Equal([("messaging.client.operation.duration", "TopicIdNotFound")], seen);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("messaging", false)]
    [InlineData("http, messaging/dup", true)]
    public void WantsEarlierNames_OnlyWhereBothAreAskedFor(string? value, bool expected) => Assert.Equal(expected, MessagingConventions.WantsEarlierNames(value));

    // Goal: what cannot be a context costs the reader nothing, however many headers there are.
    [Theory]
    [InlineData("traceparent", "00-zz")]
    [InlineData("traceparent", "00-00000000000000000000000000000000-0000000000000000-01")]
    [InlineData("other", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    public void TryReadContext_OfSomethingElse_FindsNone(string key, string value) =>
        Assert.False(TraceHeaders.TryReadContext(new MessageHeaders().Add(key, value).ToMemory().Span, out _));

    [Fact]
    public void TryReadContext_BehindManyHeaders_IsNotLookedFor()
    {
        var headers = new MessageHeaders();
        for (var i = 0; i < 64; i++)
            headers.Add($"k{i}", "v");
        Assert.False(TraceHeaders.TryReadContext(headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").ToMemory().Span, out _));
    }

    private void Collect(string source = "Iggy.Client")
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = one => one.Name == source,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (source == "Iggy.Client")
                    _spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        _listeners.Add(listener);
    }

    private static Task<List<PolledMessage>> SendAsync(params Message[] messages) => SendAsync(static options => options, messages);

    private static async Task<List<PolledMessage>> SendAsync(Func<IggyClientOptions, IggyClientOptions> change, params Message[] messages)
    {
        byte[] sent = [];
        await RunAsync((_, payload) =>
        {
            sent = payload;
            return ScriptedServer.Empty();
        }, client => client.SendMessagesAsync(new("s"), new("t"), Partitioning.ToPartition(3), messages, Setup.Cancellation).Within(), change);
        return Messages(sent);
    }

    private static async Task RunAsync(Func<uint, byte[], byte[]> answer, Func<IggyClient, Task> test, Func<IggyClientOptions, IggyClientOptions>? change = null)
    {
        using var server = new ScriptedServer();
        var serving = server.ServeAsync(answer);
        var options = Setup.Options(server);
        await using (var client = await IggyClient.ConnectAsync(change is null ? options : change(options), Setup.Cancellation))
            await test(client);
        server.Dispose();
        await serving;
    }

    private static List<PolledMessage> Messages(byte[] payload)
    {
        Assert.Equal(IggyError.None, SendMessagesRequest.TryRead(payload, out var batch));
        var messages = new List<PolledMessage>();
        for (var rest = payload.AsMemory(batch.MessagesRange); !rest.IsEmpty; rest = rest[(int)ClassicMessageHeader.At(rest.Span).MessageBytes..])
            messages.Add(new(rest[..(int)ClassicMessageHeader.At(rest.Span).MessageBytes]));
        return messages;
    }

    // The first poll finds a message with headers; what comes after it is the rules'.
    private static byte[] Poll(int polls, ReadOnlyMemory<byte> headers, byte[] answer)
    {
        if (polls > 0)
            return answer[8..];
        var bytes = new byte[16 + 64 + 1 + headers.Length];
        PollMessagesReply.WriteHead(bytes, 0, 0, 1);
        ClassicMessageWriter.Write(bytes.AsSpan(16), new() { Offset = 0, Id = 42, TimestampMicros = 5, OriginTimestampMicros = 6 }, "a"u8, headers.Span);
        return bytes;
    }
}
