using System.Collections.Immutable;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Host;
using Iggy.Gateway.Wire.Classic;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;
using UserDetails = Iggy.Grains.Interfaces.Users.UserDetails;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>What commands return, as records of the newer dialect: mostly the classic ones with options behind them.</summary>
internal static class VsrReplies
{
    /// <summary>What messages take as this dialect has them: a head for each batch and a smaller one for each message.</summary>
    /// <param name="classicBytes">The same as the classic dialect counts it.</param>
    /// <param name="messages">How many.</param>
    /// <param name="records">Batches that they lie in.</param>
    public static ulong Size(ulong classicBytes, ulong messages, ulong records)
    {
        // Messages whose file is gone are counted, but their bytes are not: so no more is taken off than is there.
        var saved = Math.Min(classicBytes, messages * (ClassicMessageHeader.SizeInBytes - FrameHeader.SizeInBytes));
        return classicBytes - saved + (records * BatchHeader.SizeInBytes);
    }

    public static StatsReply Stats(HostFigures.Figures host, CatalogTotals totals, uint clients) =>
        SystemReplies.Stats(host, totals, clients) with { MessagesSizeBytes = Size(totals.SizeBytes, totals.Messages, totals.Records) };

    public static VsrStreamRecord Stream(StreamView view) =>
        new(ClassicReplies.Stream(view) with { SizeBytes = Size(view.SizeBytes, view.MessagesCount, view.RecordsCount) }, []);

    public static VsrStreamDetails StreamDetails(StreamView view)
    {
        var topics = ImmutableArray.CreateBuilder<VsrTopicRecord>(view.Topics.Length);
        for (var i = 0; i < view.Topics.Length; i++)
            topics.Add(Topic(new TopicView(view.Topics[i], view.Figures[i])));
        return new VsrStreamDetails(Stream(view), topics.MoveToImmutable());
    }

    public static VsrTopicRecord Topic(TopicView view)
    {
        var (set, inForce) = TopicOptionRules.ToOptions(view.Topic.Settings);
        var topic = ClassicReplies.Topic(view) with { SizeBytes = Size(view.Figures.SizeBytes, view.Figures.MessagesCount, view.Figures.RecordsCount) };
        return new(topic, set.ToPairs(), set.ToDerivedPairs(inForce));
    }

    public static VsrTopicList Topics(TopicView[] views) => new([.. views.Select(Topic)]);

    public static VsrTopicDetails TopicDetails(TopicView view) => new(Topic(view), Partitions(view, ClassicReplies.TopicDetails(view)));

    public static VsrTopicDetails NewTopicDetails(TopicView view) => new(Topic(view), Partitions(view, ClassicReplies.NewTopicDetails(view)));

    private static ImmutableArray<PartitionRecord> Partitions(TopicView view, TopicDetails classic)
    {
        var partitions = ImmutableArray.CreateBuilder<PartitionRecord>(classic.Partitions.Length);
        for (var i = 0; i < classic.Partitions.Length; i++)
        {
            var stats = view.Figures.Partitions[i].Stats;
            partitions.Add(classic.Partitions[i] with { SizeBytes = Size(stats.SizeBytes, stats.MessagesCount, stats.RecordsCount) });
        }
        return partitions.MoveToImmutable();
    }

    public static VsrUserRecord User(UserEntry user) => new(ClassicUsers.Record(user), []);

    public static VsrUserDetails UserDetails(UserDetails user) => new(User(user.Entry), PermissionBlock.ToProtocol(user.Permissions));
}
