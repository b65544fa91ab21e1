using System.Text;
using Iggy.Cli;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return (int)await new IggyCommand(Surroundings.OfProcess()).InvokeAsync(args);
