using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Client.Hosting;

/// <summary>How a registered client connects.</summary>
public sealed class IggyOptions
{
    /// <summary>Where the server is and who logs in, <c>iggy://user:password@host:port</c>; see <see cref="IggyClientOptions.Parse"/>.</summary>
    [Required]
    public string ConnectionString { get; set; } = "";

    /// <summary>Tries for the very first connection, about 20 seconds by default: services start side by side with their server. 1 or more.</summary>
    [Range(1, int.MaxValue)]
    public int FirstAttempts { get; set; } = 8;

    /// <summary>Whether a health check of the name <c>iggy</c>, with the tag <c>ready</c>, asks the server for a sign of life. Default true.</summary>
    public bool HealthCheck { get; set; } = true;

    /// <summary>Changes what no connection string says; null for nothing.</summary>
    public Func<IggyClientOptions, IggyClientOptions>? Configure { get; set; }

    /// <summary>The client's own options.</summary>
    /// <exception cref="FormatException">The connection string can't be read.</exception>
    internal IggyClientOptions ToClientOptions()
    {
        var options = IggyClientOptions.Parse(ConnectionString);
        options = options with { Reconnect = options.Reconnect with { FirstAttempts = FirstAttempts } };
        return Configure?.Invoke(options) ?? options;
    }
}

/// <summary>Checks the attributes of the class.</summary>
[OptionsValidator]
internal sealed partial class IggyOptionsValidator : IValidateOptions<IggyOptions>;
