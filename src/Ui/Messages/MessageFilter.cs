using System.Text;

namespace Iggy.Ui.Messages;

/// <summary>Which messages are wanted; parts that are empty let all through.</summary>
/// <param name="HeaderName">A user header that has to be there.</param>
/// <param name="HeaderValue">A text in its value, or in that of any header where no name is given.</param>
/// <param name="Text">A text in the payload.</param>
internal sealed record MessageFilter(string HeaderName, string HeaderValue, string Text)
{
    private readonly byte[] _text = Encoding.UTF8.GetBytes(Text);

    /// <summary>Lets all through.</summary>
    public static MessageFilter None { get; } = new("", "", "");

    /// <summary>Whether it lets all through.</summary>
    public bool IsEmpty => HeaderName.Length == 0 && HeaderValue.Length == 0 && _text.Length == 0;

    /// <summary>Whether a message is wanted.</summary>
    public bool Fits(ConsoleMessage message) => FitsHeaders(message) && (_text.Length == 0 || message.Payload.Span.IndexOf(_text) >= 0);

    private bool FitsHeaders(ConsoleMessage message) => (HeaderName.Length == 0 && HeaderValue.Length == 0)
        || message.Headers.Any(header => (HeaderName.Length == 0 || header.Name == HeaderName) && header.Value.Contains(HeaderValue, StringComparison.Ordinal));
}
