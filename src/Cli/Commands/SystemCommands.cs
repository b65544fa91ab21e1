using System.CommandLine;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Protocol.Classic;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy me</c>, <c>stats</c>, <c>client</c> and <c>cluster</c>.</summary>
internal static class SystemCommands
{
    public static Command CreateMe(CommandFactory factory) => factory.Create(
        "me",
        null,
        "Show this client as the server knows it.",
        async (session, cancellationToken) => Print(session, await session.Client.GetMeAsync(cancellationToken)));

    public static Command CreateStats(CommandFactory factory) => factory.Create(
        "stats",
        null,
        "Show figures of the whole server.",
        async (session, cancellationToken) => session.Printer.Record(await session.Client.GetStatsAsync(cancellationToken), CliJson.Default.StatsReply, _statsColumns),
        new Option<OutputFormat?>("-o") { Description = "The same as --output.", HelpName = "table|list|json|toml", CustomParser = Formats.Parse });

    public static Command CreateClient(CommandFactory factory) =>
        CommandFactory.Group("client", "c", "Show who is connected.", CreateClientGet(factory), CreateClientList(factory));

    public static Command CreateCluster(CommandFactory factory) => CommandFactory.Group("cluster", "cl", "Show the cluster.", factory.Create(
        "metadata",
        "m",
        "Show the nodes, their addresses and roles.",
        async (session, cancellationToken) =>
        {
            var cluster = await session.Client.GetClusterMetadataAsync(cancellationToken);
            var json = new ClusterJson(cluster.Name, [.. cluster.Nodes.Select(NodeJson.Of)]);
            session.Printer.Record(json, CliJson.Default.ClusterJson, new Column<ClusterJson>("Cluster", one => one.Name));
            session.Printer.Details("Nodes", json.Nodes, Columns.Node);
        },
        Formats.ListMode()));

    private static Command CreateClientGet(CommandFactory factory)
    {
        var client = new Argument<uint>("CLIENT") { Description = "Id of the client." };
        return factory.Create(
            "get",
            "g",
            "Show one client.",
            async (session, cancellationToken) => Print(session, await session.Client.GetClientAsync(session.Get(client), cancellationToken)
                ?? throw new CommandException(ExitCode.NotFound, $"There is no client {session.Get(client)}.")),
            client);
    }

    private static Command CreateClientList(CommandFactory factory) => factory.Create(
        "list",
        "l",
        "Show all clients.",
        async (session, cancellationToken) =>
        {
            var clients = await session.Client.GetClientsAsync(cancellationToken);
            session.Printer.Rows([.. clients.Select(client => ClientJson.Of(client))], CliJson.Default.IReadOnlyListClientJson, Columns.Client);
        },
        Formats.ListMode());

    private static void Print(Session session, ClientDetails client)
    {
        var json = ClientJson.Of(client.Client, client.Groups);
        session.Printer.Record(json, CliJson.Default.ClientJson, Columns.Client);
        session.Printer.Details("Consumer groups", json.ConsumerGroups!, Columns.ClientGroup);
    }

    private static readonly Column<StatsReply>[] _statsColumns =
    [
        new("Server version", stats => stats.ServerVersion),
        new("Hostname", stats => stats.Hostname),
        new("OS name", stats => stats.OsName),
        new("OS version", stats => stats.OsVersion),
        new("Kernel version", stats => stats.KernelVersion),
        new("Process ID", stats => Texts.Number(stats.ProcessId)),
        new("Threads count", stats => Texts.Number(stats.ThreadsCount)),
        new("CPU usage", stats => $"{stats.CpuPercent:0.##} %"),
        new("Total CPU usage", stats => $"{stats.TotalCpuPercent:0.##} %"),
        new("Memory usage", stats => Texts.Size(stats.MemoryBytes)),
        new("Total memory", stats => Texts.Size(stats.TotalMemoryBytes)),
        new("Available memory", stats => Texts.Size(stats.AvailableMemoryBytes)),
        new("Free disk space", stats => Texts.Size(stats.FreeDiskBytes)),
        new("Total disk space", stats => Texts.Size(stats.TotalDiskBytes)),
        new("Run time", stats => Durations.Format(stats.RunTimeMicros)),
        new("Start time", stats => Texts.Time(stats.StartTimeMicros)),
        new("Read bytes", stats => Texts.Size(stats.ReadBytes)),
        new("Written bytes", stats => Texts.Size(stats.WrittenBytes)),
        new("Messages size", stats => Texts.Size(stats.MessagesSizeBytes)),
        new("Messages count", stats => Texts.Number(stats.MessagesCount)),
        new("Streams count", stats => Texts.Number(stats.StreamsCount)),
        new("Topics count", stats => Texts.Number(stats.TopicsCount)),
        new("Partitions count", stats => Texts.Number(stats.PartitionsCount)),
        new("Segments count", stats => Texts.Number(stats.SegmentsCount)),
        new("Clients count", stats => Texts.Number(stats.ClientsCount)),
        new("Consumer groups count", stats => Texts.Number(stats.ConsumerGroupsCount)),
    ];
}
