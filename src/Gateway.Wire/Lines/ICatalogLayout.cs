using Iggy.Gateway.Commands;
using Iggy.Gateway.Host;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Lines;

/// <summary>How a line lays out what there is: its column of the table whose rows are <see cref="CatalogReads"/>. The next line is one more of these.</summary>
internal interface ICatalogLayout
{
    /// <summary>The server's statistics.</summary>
    void Stats(HostFigures.Figures host, CatalogTotals totals, uint clients, WireWriter reply);

    /// <summary>A stream in a list, and one that was just made.</summary>
    void Stream(StreamView stream, WireWriter reply);

    /// <summary>A stream with its topics.</summary>
    void StreamDetails(StreamView stream, WireWriter reply);

    /// <summary>All topics of a stream.</summary>
    void Topics(TopicView[] topics, WireWriter reply);

    /// <summary>A topic with its partitions.</summary>
    void TopicDetails(TopicView topic, WireWriter reply);

    /// <summary>One that was just made.</summary>
    void NewTopicDetails(TopicView topic, WireWriter reply);

    /// <summary>A user in a list.</summary>
    void User(UserEntry user, WireWriter reply);

    /// <summary>A user with its permissions.</summary>
    void UserDetails(UserDetails user, WireWriter reply);
}
