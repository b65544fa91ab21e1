namespace Iggy.Storage.Files;

/// <summary>An open file lost its end, or the disk cannot show a page of it. What is behind it is lost; opening the log again says what.</summary>
internal sealed class FileCutException(string message) : IOException(message);
