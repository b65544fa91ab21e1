namespace Iggy.Client;

/// <summary>How a client logs in: by name and password, or by personal access token.</summary>
public sealed class Credentials
{
    private Credentials(string? username, string secret) => (Username, Secret) = (username, secret);

    /// <summary>The user; null for a token, which knows its own.</summary>
    public string? Username { get; }

    /// <summary>Password or token.</summary>
    internal string Secret { get; }

    /// <summary>By name and password.</summary>
    /// <param name="username">3 to 50 bytes; digits alone are a user id.</param>
    /// <param name="password">3 to 100 bytes.</param>
    public static Credentials ForUser(string username, string password)
    {
        ArgumentException.ThrowIfNullOrEmpty(username);
        ArgumentNullException.ThrowIfNull(password);
        return new(username, password);
    }

    /// <summary>By personal access token.</summary>
    public static Credentials ForToken(string token)
    {
        ArgumentException.ThrowIfNullOrEmpty(token);
        return new(null, token);
    }

    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => Username is null ? "a personal access token" : $"user '{Username}'";
}
