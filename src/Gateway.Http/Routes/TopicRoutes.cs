using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol.Vsr;
using Iggy.Protocol;

namespace Iggy.Gateway.Http.Routes;

/// <summary>Topics, their partitions and segments.</summary>
internal sealed class TopicRoutes(TopicCommands topics, Positions positions) : IApiRoutes
{
    private const int Stream = 1, Topic = 3, Partition = 5; // segments of the path
    private const string One = "/streams/{stream}/topics/{topic}";

    public string Tag => "Topics";

    public void AddTo(ApiRoutes routes)
    {
        routes.Get("/streams/{stream}/topics", "Lists the topics of a stream.", ListAsync, typeof(TopicReply[]));
        routes.Post("/streams/{stream}/topics", "Makes a topic.", CreateAsync, typeof(CreateTopicBody), typeof(TopicDetailsReply));
        routes.Get(One, "Shows a topic with its partitions.", GetAsync, typeof(TopicDetailsReply));
        routes.Put(One, "Replaces name and settings of a topic.", UpdateAsync, typeof(UpdateTopicBody));
        routes.Delete(One, "Removes a topic.", DeleteAsync);
        routes.Delete(One + "/purge", "Empties a topic.", PurgeAsync);
        routes.Post(One + "/partitions", "Adds partitions.", AddPartitionsAsync, typeof(PartitionsBody), status: 201);
        routes.Delete(One + "/partitions", "Removes the last partitions.", RemovePartitionsAsync, "partitions_count");
        routes.Delete(One + "/partitions/{partition}", "Removes the oldest sealed segments of a partition.", DeleteSegmentsAsync, "segments_count");
    }

    /// <summary>A topic in a list.</summary>
    public static TopicReply Reply(TopicView view) => new(
        view.Topic.Id, view.Topic.CreatedAtMicros, view.Topic.Name, view.Figures.SizeBytes, view.Topic.Settings.MessageExpiryMicros,
        HttpValues.Text((CompressionAlgorithm)view.Topic.Settings.Compression), view.Topic.Settings.MaxBytes, view.Topic.Settings.ReplicationFactor,
        view.Figures.MessagesCount, (uint)view.Figures.Partitions.Length, OptionsJson.Of(view.Topic.Settings));

    private async Task ListAsync(HttpCall call)
    {
        await call.FoundAsync(await topics.ListAsync(call.Session, call.Identifier(Stream)) is { } list ? [.. list.Select(Reply)] : null, ApiJson.Wire.TopicReplyArray);
    }

    private async Task GetAsync(HttpCall call)
    {
        await call.FoundAsync(await topics.FindAsync(call.Session, call.Identifier(Stream), call.Identifier(Topic)) is { } topic ? Details(topic) : null, ApiJson.Wire.TopicDetailsReply);
    }

    private async Task CreateAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.CreateTopicBody);
        var (compression, stream) = (body.CompressionAlgorithm is { } text ? HttpValues.Compression(text) : CompressionAlgorithm.None, call.Identifier(Stream));
        Check(body.Name, body.ReplicationFactor);
        var options = OptionsJson.Read(body.Options);
        CommandRefusedException.ThrowIf(TopicOptionRules.Check(
            options with { MaxTopicSizeBytes = options.MaxTopicSizeBytes ?? GivenOrNull(body.MaxTopicSize) }, body.PartitionsCount));
        // Older clients send the fixed fields whatever they want, so they are their choice only where they differ from the server's own.
        var settings = TopicOptionRules.ToSettings(options) with
        {
            Compression = (byte)(options.Compression ?? compression),
            MessageExpiryMicros = options.MessageExpiryMicros ?? body.MessageExpiry ?? ProtocolLimits.ServerDefault,
            MaxBytes = options.MaxTopicSizeBytes ?? body.MaxTopicSize ?? ProtocolLimits.ServerDefault,
            ReplicationFactor = body.ReplicationFactor ?? 1,
        };
        TopicView topic;
        try
        {
            topic = await topics.CreateAsync(call.Session, stream, body.Name, settings, body.PartitionsCount);
        }
        catch (CommandRefusedException missing) when (missing.Error is IggyError.StreamIdNotFound)
        {
            await call.NothingAsync(); // as the reading routes: that is what the released server answers here
            return;
        }
        await call.AnswerAsync(Details(topic), ApiJson.Wire.TopicDetailsReply);
    }

    private async Task UpdateAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.UpdateTopicBody);
        CompressionAlgorithm? compression = body.CompressionAlgorithm is { } text ? HttpValues.Compression(text) : null;
        var (stream, topic) = (call.Identifier(Stream), call.Identifier(Topic));
        CheckPatch(body);
        if (body is { Options: null or { Count: 0 }, Reset: null or [], Name: { } name, MessageExpiry: { } expiry, MaxTopicSize: { } maxBytes } && compression is { } algorithm)
        {
            await topics.UpdateAsync(call.Session, stream, topic, name, new TopicSettings(expiry, maxBytes, (byte)algorithm, body.ReplicationFactor ?? 1));
        }
        else
        {
            var options = OptionsJson.Read(body.Options);
            if (options.HasFixed)
                throw new CommandRefusedException(IggyError.InvalidOptionValue);
            await topics.PatchAsync(call.Session, stream, topic, body.Name, new TopicPatch(
                (byte?)(options.Compression ?? compression), options.MessageExpiryMicros ?? GivenOrNull(body.MessageExpiry),
                options.MaxTopicSizeBytes ?? GivenOrNull(body.MaxTopicSize), Reset(body)));
        }
        await call.DoneAsync();
    }

    private Task DeleteAsync(HttpCall call) => call.DoneAsync(topics.DeleteAsync(call.Session, call.Identifier(Stream), call.Identifier(Topic)));

    private Task PurgeAsync(HttpCall call) => call.DoneAsync(topics.PurgeAsync(call.Session, call.Identifier(Stream), call.Identifier(Topic)));

    private async Task AddPartitionsAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.PartitionsBody);
        await topics.AddPartitionsAsync(call.Session, call.Identifier(Stream), call.Identifier(Topic), body.PartitionsCount);
        await call.AnswerAsync(201);
    }

    private async Task RemovePartitionsAsync(HttpCall call)
    {
        var count = call.QueryU32("partitions_count", absent: null);
        var (stream, topic) = (call.Identifier(Stream), call.Identifier(Topic));
        if (count > ProtocolLimits.MaxPartitionsPerRequest)
            throw new CommandRefusedException(IggyError.TooManyPartitions);
        await call.DoneAsync(topics.RemovePartitionsAsync(call.Session, stream, topic, count));
    }

    private async Task DeleteSegmentsAsync(HttpCall call)
    {
        var (partition, count) = (call.Number(Partition), call.QueryU32("segments_count", absent: null));
        await call.DoneAsync(topics.DeleteSegmentsAsync(call.Session, call.Identifier(Stream), call.Identifier(Topic), partition, count));
    }

    // Where settings may be left out, the mark for the server's own says no more than nothing.
    private static ulong? GivenOrNull(ulong? setting) => setting is ProtocolLimits.ServerDefault ? null : setting;

    private static void CheckPatch(UpdateTopicBody body)
    {
        if (body.Name is null && body is { CompressionAlgorithm: null, MessageExpiry: null or ProtocolLimits.ServerDefault, MaxTopicSize: null or ProtocolLimits.ServerDefault, Options: null or { Count: 0 }, Reset: null or [] })
            throw new CommandRefusedException(IggyError.InvalidCommand); // nothing to change
        Check(body.Name ?? "unchanged", body.ReplicationFactor);
    }

    private static ChosenSettings Reset(UpdateTopicBody body)
    {
        var reset = ChosenSettings.None;
        foreach (var key in body.Reset ?? [])
        {
            reset |= key switch
            {
                "message_expiry" when body.MessageExpiry is null => ChosenSettings.MessageExpiry,
                "max_topic_size" when body.MaxTopicSize is null => ChosenSettings.MaxBytes,
                "message_expiry" or "max_topic_size" => throw new CommandRefusedException(IggyError.InvalidCommand), // set and put back at once
                "name" => throw new CommandRefusedException(IggyError.OptionNotResettable),
                _ => throw new CommandRefusedException(TopicOptionCatalog.Find(key) is null ? IggyError.UnsupportedOptionKey : IggyError.OptionNotUpdatable),
            };
        }
        return reset;
    }

    private static void Check(string name, byte? replication)
    {
        if (!HttpValues.IsName(name))
            throw new CommandRefusedException(IggyError.InvalidTopicName);
        if (replication is 0)
            throw new CommandRefusedException(IggyError.InvalidReplicationFactor);
    }

    private TopicDetailsReply Details(TopicView view)
    {
        var topic = Reply(view);
        return new TopicDetailsReply(topic.Id, topic.CreatedAt, topic.Name, topic.Size, topic.MessageExpiry, topic.CompressionAlgorithm, topic.MaxTopicSize,
            topic.ReplicationFactor, topic.MessagesCount, topic.PartitionsCount, topic.Options,
            [.. view.Figures.Partitions.Select(partition => new PartitionReply(partition.Entry.Id, partition.Entry.CreatedAtMicros, partition.Stats.SegmentsCount,
                partition.Stats.CurrentOffset, partition.Stats.SizeBytes, partition.Stats.MessagesCount,
                new ContextJson(PartitionIncarnation.Of(partition.Entry), MetadataOp: positions.Current)))]);
    }
}
