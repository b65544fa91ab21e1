using System.Security.Cryptography;
using System.Text;
using Iggy.Silo.Configuration;
using Iggy.Silo.Options;

namespace Iggy.Silo.Hosting;

/// <summary>Name and password of the root user that a new server gets.</summary>
/// <param name="Username">3 to 50 bytes.</param>
/// <param name="Password">3 to 100 bytes.</param>
/// <param name="IsGenerated">Whether somebody has to be told the password.</param>
public sealed record RootUser(string Username, string Password, bool IsGenerated)
{
    private const string DefaultName = "iggy";
    private const string DefaultPassword = "iggy";
    private const int GeneratedLength = 32; // 190 bits of letters and digits
    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Decides by the rules of Apache Iggy.</summary>
    /// <exception cref="ConfigurationException">One of the two is missing, or too short or too long.</exception>
    public static RootUser From(RootOptions options)
    {
        var (username, password) = (NullIfEmpty(options.Username), NullIfEmpty(options.Password));
        if (options.UseDefaults)
            (username, password) = (username ?? DefaultName, password ?? DefaultPassword);
        if (username is null && password is null)
            return new RootUser(DefaultName, GeneratePassword(), IsGenerated: true);

        var errors = new List<string>();
        if (username is null || password is null)
            errors.Add($"Iggy:Root:{(username is null ? "Username" : "Password")} (IGGY_ROOT_{(username is null ? "USERNAME" : "PASSWORD")}) is not set; allowed: name and password together, or neither.");
        CheckBytes(errors, "Iggy:Root:Username (IGGY_ROOT_USERNAME)", username, 50);
        CheckBytes(errors, "Iggy:Root:Password (IGGY_ROOT_PASSWORD)", password, 100);
        return errors.Count == 0 ? new RootUser(username!, password!, IsGenerated: false) : throw new ConfigurationException(errors);
    }

    /// <summary>A password that nobody guesses.</summary>
    public static string GeneratePassword() => RandomNumberGenerator.GetString(Alphanumeric, GeneratedLength);

    /// <inheritdoc/>
    public override string ToString() => $"{Username}, password ******"; // a record would print it

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static void CheckBytes(List<string> errors, string name, string? value, int most)
    {
        var bytes = value is null ? 3 : Encoding.UTF8.GetByteCount(value);
        if (bytes < 3 || bytes > most)
            errors.Add($"{name} has {bytes} bytes; allowed: 3 to {most}.");
    }
}
