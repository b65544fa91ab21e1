using Iggy.Gateway.Commands;
using Iggy.Gateway.Host;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Wire.Lines;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>The column of the 0.12 line.</summary>
internal sealed class V12Layout(Positions positions) : ICatalogLayout
{
    public void Stats(HostFigures.Figures host, CatalogTotals totals, uint clients, WireWriter reply) => V12Replies.Stats(VsrReplies.Stats(host, totals, clients)).Write(reply);

    public void Stream(StreamView stream, WireWriter reply) => V12Replies.Stream(stream).Write(reply);

    public void StreamDetails(StreamView stream, WireWriter reply) => V12Replies.StreamDetails(stream).Write(reply);

    public void Topics(TopicView[] topics, WireWriter reply) => V12Replies.Topics(topics).Write(reply);

    public void TopicDetails(TopicView topic, WireWriter reply) => V12Replies.TopicDetails(topic, positions.Current).Write(reply);

    public void NewTopicDetails(TopicView topic, WireWriter reply) => V12Replies.NewTopicDetails(topic, positions.Current).Write(reply);

    public void User(UserEntry user, WireWriter reply) => V12Replies.User(user).Write(reply);

    public void UserDetails(UserDetails user, WireWriter reply) => V12Replies.UserDetails(user).Write(reply);
}
