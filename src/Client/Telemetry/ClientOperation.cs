using System.Diagnostics;
using Iggy.Protocol;

namespace Iggy.Client.Telemetry;

/// <summary>One operation of a client under way: its span, where spans are collected, and its time. Made only while <see cref="IsOn"/>.</summary>
internal sealed class ClientOperation
{
    private const int MaxLinks = 128; // as collectors take them

    private static readonly ActivitySource _source = new(ClientMeter.Name);

    private readonly string _name, _destination;
    private readonly long _started = Stopwatch.GetTimestamp();

    private ClientOperation(string name, string destination, Activity? span) => (_name, _destination, Span) = (name, destination, span);

    /// <summary>Whether anybody collects spans or figures.</summary>
    public static bool IsOn => IsTraced || ClientMeter.IsOn;

    /// <summary>Whether anybody collects spans.</summary>
    public static bool IsTraced => _source.HasListeners();

    /// <summary>Null when it is not collected.</summary>
    public Activity? Span { get; }

    /// <summary>Begins an operation; its span is the present one from now on.</summary>
    /// <param name="name"><c>send</c>, <c>poll</c>, <c>process</c> or <c>commit</c>.</param>
    /// <param name="kind">Of the span.</param>
    /// <param name="stream">Where the messages are.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="parent">What it belongs to; default for the present span.</param>
    /// <param name="links">Spans that made the messages.</param>
    public static ClientOperation Start(string name, ActivityKind kind, Identifier stream, Identifier topic, ActivityContext parent = default, IEnumerable<ActivityLink>? links = null)
    {
        var destination = $"{stream}/{topic}";
        var span = IsTraced ? _source.StartActivity($"{name} {destination}", kind, parent, links: links) : null;
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("messaging.system", "iggy");
            span.SetTag("messaging.operation.name", name);
            span.SetTag("messaging.operation.type", MessagingConventions.TypeOf(name));
            span.SetTag("messaging.destination.name", destination);
            if (MessagingConventions.WithEarlierNames)
                span.SetTag("messaging.operation", MessagingConventions.EarlierNameOf(name));
        }
        return new(name, destination, span);
    }

    /// <summary>Tells which partition, when it is known.</summary>
    public ClientOperation At(uint? partitionId)
    {
        if (partitionId is { } id)
            Span?.SetTag("messaging.destination.partition.id", $"{id}");
        return this;
    }

    /// <summary>Tells for whom: the group, if it is one.</summary>
    public ClientOperation For(Consumer consumer, ServerAddress address)
    {
        if (consumer.Kind is ConsumerKind.Group)
            Span?.SetTag("messaging.consumer.group.name", consumer.Id.ToString());
        return From(address);
    }

    /// <summary>Tells which server.</summary>
    public ClientOperation From(ServerAddress address)
    {
        Span?.SetTag("server.address", address.Host);
        Span?.SetTag("server.port", address.Port);
        return this;
    }

    /// <summary>Tells how many messages, and links the spans that made them.</summary>
    public void Polled(PolledMessages messages)
    {
        if (messages.Count == 0)
        {
            // A consumer that waits for messages asks many times: only answers are worth keeping.
            Span?.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return;
        }
        if (Span is not { IsAllDataRequested: true } span)
            return;
        span.SetTag("messaging.batch.message_count", messages.Count);
        span.SetTag("messaging.destination.partition.id", $"{messages.PartitionId}");
        var (first, last, links, linked) = (ulong.MaxValue, 0UL, 0, default(ActivityContext));
        foreach (var message in messages)
        {
            (first, last) = (Math.Min(first, message.Offset), message.Offset);
            if (links >= MaxLinks || !TraceHeaders.TryReadContext(message.UserHeaders.Span, out var context) || context == linked)
                continue;
            span.AddLink(new ActivityLink(linked = context));
            links++;
        }
        span.SetTag("messaging.iggy.first_offset", (long)first);
        span.SetTag("messaging.iggy.last_offset", (long)last);
    }

    /// <summary>Ends it well.</summary>
    public void End(int messages = 0) => End(messages, null);

    /// <summary>Ends it with a failure.</summary>
    public void Fail(Exception failure)
    {
        var error = failure is IggyException refused ? refused.Error.ToString() : failure.GetType().FullName!;
        Span?.SetTag("error.type", error);
        Span?.SetStatus(ActivityStatusCode.Error, failure.Message);
        End(0, error);
    }

    private void End(int messages, string? error)
    {
        Span?.Dispose(); // figures after it have no exemplar; those of the server do
        ClientMeter.Ended(_name, _destination, Stopwatch.GetElapsedTime(_started), messages, error);
    }
}
