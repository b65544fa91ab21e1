using System.Collections.Immutable;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Host;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Wire.Classic;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;
using Iggy.Protocol.Vsr12;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>What commands return, as records of the 0.12 line.</summary>
internal static class V12Replies
{
    /// <summary>This node in rosters and routes.</summary>
    public const byte ReplicaId = 0;

    private static readonly OptionSets _streamOptions = new([], [new WireOption("encryption_key_source", UserHeaderKind.Text, [.. "none"u8])]);

    public static Roster Roster(ClusterReply cluster) => new(cluster.Name, [.. cluster.Nodes.Select(static (node, place) => new NumberedNode((byte)place, node))]);

    public static StatsWithFiles Stats(StatsReply stats) => new(stats with { ServerVersion = ProtocolLine.V12.ServerVersion, ServerSemver = 10_000 }, HostFigures.OpenFiles());

    public static OptionedStream Stream(StreamView view) => new(VsrReplies.Stream(view).Stream, _streamOptions);

    public static OptionedStreamDetails StreamDetails(StreamView view)
    {
        var topics = ImmutableArray.CreateBuilder<OptionedTopic>(view.Topics.Length);
        for (var i = 0; i < view.Topics.Length; i++)
            topics.Add(Topic(new TopicView(view.Topics[i], view.Figures[i])));
        return new OptionedStreamDetails(Stream(view), topics.MoveToImmutable());
    }

    public static OptionedTopic Topic(TopicView view)
    {
        var (set, inForce) = TopicOptionRules.ToOptions(view.Topic.Settings);
        var topic = VsrReplies.Topic(view).Topic;
        return new(
            topic.Id, topic.CreatedAtMicros, topic.PartitionsCount, topic.SizeBytes, topic.MessagesCount, topic.Name,
            new(set.ToPairs(OptionLines.V12), set.ToDerivedPairs(inForce, OptionLines.V12)));
    }

    public static OptionedTopics Topics(TopicView[] views) => new([.. views.Select(Topic)]);

    public static OptionedTopicDetails TopicDetails(TopicView view, ulong position) => Placed(view, VsrReplies.TopicDetails(view), position);

    public static OptionedTopicDetails NewTopicDetails(TopicView view, ulong position) => Placed(view, VsrReplies.NewTopicDetails(view), position);

    public static OptionedUser User(UserEntry user) => new(ClassicUsers.Record(user), OptionSets.None);

    public static OptionedUserDetails UserDetails(Grains.Interfaces.Users.UserDetails user)
    {
        var details = VsrReplies.UserDetails(user);
        return new(new(details.User.User, OptionSets.None), details.Permissions);
    }

    /// <summary>The options of a scope. What is a column of its own stands among them without a default.</summary>
    public static FlaggedOptions Describe(OptionScope scope) => new(
    [
        .. scope switch
        {
            OptionScope.Topic => TopicOptionCatalog.All.Where(static option => option.IsOffered && (option.Lines & OptionLines.V12) != 0)
                .Select(static option => new FlaggedOption(
                    option.Get(TopicOptions.Defaults)!.Value, option.IsUpdatable ? OptionFlags.Updatable | OptionFlags.Resettable : OptionFlags.None, option.Description))
                .Append(Text("name", OptionFlags.Updatable, "Name of the topic.")),
            OptionScope.Stream =>
            [
                new(new("encryption_key", UserHeaderKind.Raw, []), OptionFlags.Secret | OptionFlags.Critical, "Key that messages are kept under; this server takes none."),
                Text("encryption_key_source", OptionFlags.ReadOnly, "Whose key messages are kept under."),
                Text("name", OptionFlags.Updatable, "Name of the stream."),
            ],
            _ => (IEnumerable<FlaggedOption>)
            [
                Text("status", OptionFlags.Updatable, "Whether the user may log in: active, or inactive."),
                Text("username", OptionFlags.Updatable, "Name of the user."),
            ],
        },
    ]);

    private static FlaggedOption Text(string key, OptionFlags flags, string description) => new(new(key, UserHeaderKind.Text, []), flags, description);

    private static OptionedTopicDetails Placed(TopicView view, VsrTopicDetails details, ulong position)
    {
        var partitions = ImmutableArray.CreateBuilder<PlacedPartition>(details.Partitions.Length);
        for (var i = 0; i < details.Partitions.Length; i++)
        {
            var incarnation = PartitionIncarnation.Of(view.Figures.Partitions[i].Entry);
            partitions.Add(new(details.Partitions[i], new(incarnation, 0, position), [ReplicaId], [ReplicaId]));
        }
        return new(Topic(view), partitions.MoveToImmutable());
    }
}
