using Microsoft.Extensions.Logging;

namespace Iggy.Testing;

/// <summary>How an <see cref="IggyTestServer"/> runs.</summary>
public sealed record IggyTestServerOptions
{
    /// <summary>Where it keeps its data; the folder stays when the server is disposed. Null for one in the temporary folder, which goes.</summary>
    public string? DataPath { get; init; }

    /// <summary>Settings by their names in the documentation, such as <c>Iggy:Storage:Durability</c>; they win over those of the test server.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    /// <summary>Where its log goes; null for nowhere. For the output of a test, for example.</summary>
    public ILoggerProvider? Logs { get; init; }

    /// <summary>From which level on. Default Warning.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Warning;
}
