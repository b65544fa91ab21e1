using System.Net;

namespace Iggy.Gateway;

/// <summary>Where this server really listens, for cluster metadata and for people. Null: that transport is off.</summary>
public sealed class GatewayEndpoints
{
    /// <summary>The TCP listener, with the port it got where 0 was asked for.</summary>
    public IPEndPoint? Tcp { get; internal set; }
}
