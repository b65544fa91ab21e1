using System.Reflection;

namespace Iggy.Silo;

/// <summary>Which build this is.</summary>
public static class ServerVersion
{
    /// <summary>Version of this product, such as <c>0.1.0</c>.</summary>
    public static string Product { get; } = Informational();

    /// <summary>What <c>--version</c> prints.</summary>
    public static string Text { get; } = $"Iggy.NET {Product}, compatible with Apache Iggy 0.8.0";

    private static string Informational()
    {
        var version = typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
        var build = version.IndexOf('+', StringComparison.Ordinal); // the commit behind it is of no use to users
        return build < 0 ? version : version[..build];
    }
}
