using System.CommandLine;
using Iggy.Cli.Help;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy topic</c>.</summary>
internal static class TopicCommands
{
    public static Command Create(CommandFactory factory) => CommandFactory.Group(
        "topic",
        "t",
        "Manage topics.",
        CreateCreate(factory),
        CreateDelete(factory),
        CreateUpdate(factory),
        CreateGet(factory),
        CreateList(factory),
        CreatePurge(factory));

    private static Command CreateCreate(CommandFactory factory)
    {
        var stream = Arguments.Stream();
        var name = new Argument<string>("NAME") { Description = "1 to 255 bytes." };
        var partitions = new Argument<uint>("PARTITIONS") { Description = "0 to 1000." };
        var settings = new SettingsSymbols();
        return factory.Create(
            "create",
            "c",
            "Add a topic.",
            async (session, cancellationToken) =>
            {
                var topic = await session.Client.CreateTopicAsync(
                    session.Id(stream), session.Get(name), session.Get(partitions), settings.Read(session), cancellationToken);
                session.Printer.SayOrJson(
                    $"Topic '{topic.Topic.Name}' created with ID {topic.Topic.Id} and {topic.Topic.PartitionsCount} partitions in stream {session.Get(stream)}.",
                    TopicJson.Of(topic.Topic, topic.Partitions),
                    CliJson.Default.TopicJson);
            },
            [stream, name, partitions, .. settings.All, Arguments.Ignored("--topic-id", "-t")]).WithExamples(
            "iggy topic create orders events 3 none",
            "iggy topic create orders events 3 none 7days --max-topic-size 10GB",
            "iggy topic create orders events 3 none --set segment_size=64MiB --set durability=persisted");
    }

    private static Command CreateUpdate(CommandFactory factory)
    {
        var (stream, topic, name) = (Arguments.Stream(), Arguments.Topic(), new Argument<string>("NAME") { Description = "The new name." });
        var settings = new SettingsSymbols();
        return factory.Create(
            "update",
            "u",
            "Replace name and all settings of a topic.",
            async (session, cancellationToken) =>
            {
                await session.Client.UpdateTopicAsync(session.Id(stream), session.Id(topic), session.Get(name), settings.Read(session), cancellationToken);
                session.Printer.Say($"Topic {session.Get(topic)} of stream {session.Get(stream)} updated.");
            },
            [stream, topic, name, .. settings.All]);
    }

    private static Command CreateDelete(CommandFactory factory) => CreateChange(
        factory, "delete", "d", "Remove a topic with all its messages.", "deleted", (client, stream, topic, cancellationToken) => client.DeleteTopicAsync(stream, topic, cancellationToken));

    private static Command CreatePurge(CommandFactory factory) => CreateChange(
        factory, "purge", "p", "Remove all messages and stored offsets of a topic.", "purged", (client, stream, topic, cancellationToken) => client.PurgeTopicAsync(stream, topic, cancellationToken));

    private static Command CreateChange(
        CommandFactory factory, string name, string alias, string description, string done, Func<IggyClient, Identifier, Identifier, CancellationToken, ValueTask> change)
    {
        var (stream, topic) = (Arguments.Stream(), Arguments.Topic());
        return factory.Create(
            name,
            alias,
            description,
            async (session, cancellationToken) =>
            {
                await change(session.Client, session.Id(stream), session.Id(topic), cancellationToken);
                session.Printer.Say($"Topic {session.Get(topic)} of stream {session.Get(stream)} {done}.");
            },
            stream,
            topic);
    }

    private static Command CreateGet(CommandFactory factory)
    {
        var (stream, topic) = (Arguments.Stream(), Arguments.Topic());
        return factory.Create(
            "get",
            "g",
            "Show a topic and its partitions.",
            async (session, cancellationToken) =>
            {
                var found = await session.Client.GetTopicAsync(session.Id(stream), session.Id(topic), cancellationToken)
                    ?? throw new CommandException(ExitCode.NotFound, $"There is no topic {session.Get(topic)} in a stream {session.Get(stream)}.");
                var json = TopicJson.Of(found.Topic, found.Partitions);
                session.Printer.Record(json, CliJson.Default.TopicJson, Columns.Topic);
                session.Printer.Details("Partitions", json.Partitions!, Columns.Partition);
            },
            stream,
            topic);
    }

    private static Command CreateList(CommandFactory factory)
    {
        var stream = Arguments.Stream();
        return factory.Create(
            "list",
            "l",
            "Show the topics of a stream.",
            async (session, cancellationToken) =>
            {
                var topics = await session.Client.GetTopicsAsync(session.Id(stream), cancellationToken);
                // The server answers a missing stream with an empty list.
                if (topics.Count == 0 && await session.Client.GetStreamAsync(session.Id(stream), cancellationToken) is null)
                    throw new CommandException(ExitCode.NotFound, $"There is no stream {session.Get(stream)}.");
                session.Printer.Rows([.. topics.Select(topic => TopicJson.Of(topic))], CliJson.Default.IReadOnlyListTopicJson, Columns.Topic);
            },
            stream,
            Formats.ListMode());
    }

    /// <summary>Compression, expiry, size and copies: the same for creating and updating.</summary>
    private sealed class SettingsSymbols
    {
        private readonly Argument<string> _compression = new("COMPRESSION") { Description = "none or gzip; reported only." };

        private readonly Argument<string[]> _expiry = new("EXPIRY")
        {
            Description = "How long messages are kept, such as '1day 2hours', server_default or never. Default: server_default.",
            Arity = ArgumentArity.ZeroOrMore,
        };

        private readonly Option<string?> _maxSize = new("--max-topic-size", "-m")
        {
            Description = "Such as 10GB, server_default or unlimited. Default: server_default.",
            HelpName = "size",
        };

        private readonly Option<byte> _replication = new("--replication-factor", "-r")
        {
            Description = "Copies. Default: 1.",
            HelpName = "n",
            DefaultValueFactory = _ => 1,
        };

        private readonly Option<string[]> _set = new("--set")
        {
            Description = "An option of the server, such as segment_size=64MiB or durability=persisted; may be given again. 'iggy options topic' lists them; most are fixed once the topic is there.",
            HelpName = "option=value",
        };

        public SettingsSymbols() => _compression.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "none", "gzip");

        public IEnumerable<Symbol> All => [_compression, _expiry, _maxSize, _replication, _set];

        public TopicSettings Read(Session session) => new()
        {
            Compression = session.Get(_compression).Equals("gzip", StringComparison.OrdinalIgnoreCase) ? CompressionAlgorithm.Gzip : CompressionAlgorithm.None,
            MessageExpiryMicros = Durations.ParseExpiry(session.Get(_expiry)),
            MaxTopicSizeBytes = ByteSizes.Parse(session.Get(_maxSize)),
            ReplicationFactor = session.Get(_replication),
            Options = ReadOptions(session),
        };

        private Dictionary<string, string> ReadOptions(Session session)
        {
            var options = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var text in session.Get(_set) ?? [])
            {
                var at = text.IndexOf('=', StringComparison.Ordinal);
                if (at < 1 || !options.TryAdd(text[..at], text[(at + 1)..]))
                    throw new CommandException(ExitCode.Usage, at < 1 ? $"'{text}' can't be --set; expected option=value." : $"The option '{text[..at]}' is set twice.");
            }
            return options;
        }
    }
}
