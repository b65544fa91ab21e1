using System.Net;

namespace Iggy.Gateway.Sessions;

/// <summary>What a connection counts for at the listeners.</summary>
internal interface IConnectionPlace
{
    /// <summary>Where it comes from.</summary>
    EndPoint? Peer { get; }

    /// <summary>Whether nobody has logged in on it. Any thread may set it.</summary>
    bool IsStranger { get; set; }
}
