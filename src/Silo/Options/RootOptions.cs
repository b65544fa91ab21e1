namespace Iggy.Silo.Options;

/// <summary>The root user of a new server. Section <c>Iggy:Root</c>. Read at the first start only: later the user is what the server keeps.</summary>
public sealed class RootOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Root";

    /// <summary>Name, 3 to 50 bytes. Without name and password the user is <c>iggy</c> with a random password, printed once.</summary>
    public string? Username { get; set; }

    /// <summary>Password, 3 to 100 bytes. Name and password are given together or not at all.</summary>
    public string? Password { get; set; }

    /// <summary>Takes <c>iggy</c> for whichever of the two is not given; for trials only. Default false. Command line: <c>--with-default-root-credentials</c>.</summary>
    public bool UseDefaults { get; set; }
}
