using Iggy.Gateway.Authorization;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Host;
using Iggy.Gateway.Wire.Lines;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Classic;

/// <summary>The column of the classic dialect.</summary>
internal sealed class ClassicLayout : ICatalogLayout
{
    public void Stats(HostFigures.Figures host, CatalogTotals totals, uint clients, WireWriter reply) => SystemReplies.Stats(host, totals, clients).Write(reply);

    public void Stream(StreamView stream, WireWriter reply) => ClassicReplies.Stream(stream).Write(reply);

    public void StreamDetails(StreamView stream, WireWriter reply) => ClassicReplies.StreamDetails(stream).Write(reply);

    public void Topics(TopicView[] topics, WireWriter reply)
    {
        foreach (var topic in topics)
            ClassicReplies.Topic(topic).Write(reply);
    }

    public void TopicDetails(TopicView topic, WireWriter reply) => ClassicReplies.TopicDetails(topic).Write(reply);

    public void NewTopicDetails(TopicView topic, WireWriter reply) => ClassicReplies.NewTopicDetails(topic).Write(reply);

    public void User(UserEntry user, WireWriter reply) => ClassicUsers.Record(user).Write(reply);

    public void UserDetails(UserDetails user, WireWriter reply) =>
        new Protocol.Classic.UserDetails(ClassicUsers.Record(user.Entry), PermissionBlock.ToProtocol(user.Permissions)).Write(reply);
}
