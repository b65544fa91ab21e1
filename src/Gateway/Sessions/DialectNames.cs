namespace Iggy.Gateway.Sessions;

/// <summary>Names of dialects, as metrics and traces have them.</summary>
internal static class DialectNames
{
    /// <summary>What a connection speaks.</summary>
    public static string Of(Dialect dialect) => dialect switch
    {
        Dialect.Classic => "classic",
        Dialect.Vsr => "newer",
        _ => "none",
    };
}
