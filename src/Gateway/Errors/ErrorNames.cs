using System.Collections.Frozen;
using System.Text;
using Iggy.Protocol;

namespace Iggy.Gateway.Errors;

/// <summary>Names of the protocol's codes, for bodies over HTTP and tags of metrics.</summary>
internal static class ErrorNames
{
    private static readonly FrozenDictionary<IggyError, string> _names =
        Enum.GetValues<IggyError>().ToFrozenDictionary(static error => error, static error => SnakeCase(error.ToString()));

    /// <summary>The name of a code as clients know it, such as <c>stream_id_not_found</c>.</summary>
    public static string Of(IggyError error) => _names.GetValueOrDefault(error, "error");

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
