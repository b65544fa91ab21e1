using Aspire.Hosting.ApplicationModel;

namespace Iggy.Aspire;

/// <summary>A server in a container.</summary>
/// <param name="name">Of the resource, and of the connection string of those who refer to it.</param>
/// <param name="username">Of the root user; null for <c>iggy</c>.</param>
/// <param name="password">Of the root user.</param>
public sealed class IggyResource(string name, ParameterResource? username, ParameterResource password) : ContainerResource(name), IResourceWithConnectionString
{
    internal const string TcpEndpoint = "tcp", HttpEndpoint = "http", DefaultUsername = "iggy";

    /// <summary>The binary protocol.</summary>
    public EndpointReference Tcp => field ??= new(this, TcpEndpoint);

    /// <summary>The HTTP API.</summary>
    public EndpointReference Http => field ??= new(this, HttpEndpoint);

    /// <summary>Password of the root user.</summary>
    public ParameterResource Password => password;

    /// <summary>Name of the root user.</summary>
    public ReferenceExpression Username => username is null ? ReferenceExpression.Create($"{DefaultUsername}") : ReferenceExpression.Create($"{username}");

    /// <summary>For clients, with the root user: <c>iggy://user:password@host:port</c>.</summary>
    public ReferenceExpression ConnectionStringExpression => username is null
        ? ReferenceExpression.Create($"iggy://{DefaultUsername}:{password:uri}@{Tcp.Property(EndpointProperty.Host)}:{Tcp.Property(EndpointProperty.Port)}")
        : ReferenceExpression.Create($"iggy://{username:uri}:{password:uri}@{Tcp.Property(EndpointProperty.Host)}:{Tcp.Property(EndpointProperty.Port)}");
}
