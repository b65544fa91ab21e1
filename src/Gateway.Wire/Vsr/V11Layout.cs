using Iggy.Gateway.Commands;
using Iggy.Gateway.Host;
using Iggy.Gateway.Wire.Lines;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>The column of the 0.11 line.</summary>
internal sealed class V11Layout : ICatalogLayout
{
    public void Stats(HostFigures.Figures host, CatalogTotals totals, uint clients, WireWriter reply) => VsrReplies.Stats(host, totals, clients).Write(reply);

    public void Stream(StreamView stream, WireWriter reply) => VsrReplies.Stream(stream).Write(reply);

    public void StreamDetails(StreamView stream, WireWriter reply) => VsrReplies.StreamDetails(stream).Write(reply);

    public void Topics(TopicView[] topics, WireWriter reply) => VsrReplies.Topics(topics).Write(reply);

    public void TopicDetails(TopicView topic, WireWriter reply) => VsrReplies.TopicDetails(topic).Write(reply);

    public void NewTopicDetails(TopicView topic, WireWriter reply) => VsrReplies.NewTopicDetails(topic).Write(reply);

    public void User(UserEntry user, WireWriter reply) => VsrReplies.User(user).Write(reply);

    public void UserDetails(UserDetails user, WireWriter reply) => VsrReplies.UserDetails(user).Write(reply);
}
