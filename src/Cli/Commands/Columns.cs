using System.CommandLine;
using Iggy.Cli.Output;
using Iggy.Cli.Values;

namespace Iggy.Cli.Commands;

/// <summary>How records are shown to people. The same columns serve lists and single records.</summary>
internal static class Columns
{
    public static readonly Column<StreamJson>[] Stream =
    [
        new("ID", stream => Texts.Number(stream.Id)),
        new("Created", stream => Texts.Time(stream.CreatedAt)),
        new("Name", stream => stream.Name),
        new("Size", stream => Texts.Size(stream.SizeBytes)),
        new("Messages count", stream => Texts.Number(stream.MessagesCount)),
        new("Topics count", stream => Texts.Number(stream.TopicsCount)),
    ];

    public static readonly Column<TopicJson>[] Topic =
    [
        new("ID", topic => Texts.Number(topic.Id)),
        new("Created", topic => Texts.Time(topic.CreatedAt)),
        new("Name", topic => topic.Name),
        new("Size", topic => Texts.Size(topic.SizeBytes)),
        new("Message expiry", topic => Texts.Expiry(topic.MessageExpiry)),
        new("Compression", topic => topic.CompressionAlgorithm),
        new("Max topic size", topic => Texts.MaxSize(topic.MaxTopicSize)),
        new("Replication factor", topic => Texts.Number(topic.ReplicationFactor)),
        new("Messages count", topic => Texts.Number(topic.MessagesCount)),
        new("Partitions count", topic => Texts.Number(topic.PartitionsCount)),
    ];

    public static readonly Column<PartitionJson>[] Partition =
    [
        new("ID", partition => Texts.Number(partition.Id)),
        new("Created", partition => Texts.Time(partition.CreatedAt)),
        new("Segments count", partition => Texts.Number(partition.SegmentsCount)),
        new("Current offset", partition => Texts.Number(partition.CurrentOffset)),
        new("Size", partition => Texts.Size(partition.SizeBytes)),
        new("Messages count", partition => Texts.Number(partition.MessagesCount)),
    ];

    public static readonly Column<ClientJson>[] Client =
    [
        new("Client ID", client => Texts.Number(client.ClientId)),
        new("User ID", client => client.UserId is { } user ? Texts.Number(user) : ""),
        new("Address", client => client.Address),
        new("Transport", client => client.Transport),
        new("Consumer groups count", client => Texts.Number(client.ConsumerGroupsCount)),
    ];

    public static readonly Column<ClientGroupJson>[] ClientGroup =
    [
        new("Stream ID", group => Texts.Number(group.StreamId)),
        new("Topic ID", group => Texts.Number(group.TopicId)),
        new("Group ID", group => Texts.Number(group.GroupId)),
    ];

    public static readonly Column<NodeJson>[] Node =
    [
        new("Name", node => node.Name),
        new("IP", node => node.Ip),
        new("TCP", node => Texts.Number(node.Endpoints.Tcp)),
        new("QUIC", node => Texts.Number(node.Endpoints.Quic)),
        new("HTTP", node => Texts.Number(node.Endpoints.Http)),
        new("WebSocket", node => Texts.Number(node.Endpoints.Websocket)),
        new("Role", node => node.Role),
        new("Status", node => node.Status),
    ];
}

/// <summary>Arguments that many commands have. Each command needs its own.</summary>
internal static class Arguments
{
    public static Argument<string> Stream() => new("STREAM") { Description = "Stream, by id or name." };

    public static Argument<string> Topic() => new("TOPIC") { Description = "Topic, by id or name." };

    public static Argument<uint> Partition() => new("PARTITION") { Description = "Partition, from 0." };

    /// <summary>A number with the bounds that upstream's tool has.</summary>
    public static Argument<uint> Count(string description)
    {
        var count = new Argument<uint>("COUNT") { Description = description };
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<uint>() is 0 or > 100_000)
                result.AddError("COUNT must be 1 to 100000.");
        });
        return count;
    }

    /// <summary>An option that upstream's tool has and its server ignores.</summary>
    public static Option<uint?> Ignored(string name, string alias) => new(name, alias) { Description = "Accepted and ignored: the server chooses the id.", Hidden = true };
}
