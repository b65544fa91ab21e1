using Iggy.Silo.CommandLine;
using Iggy.Silo.Hosting;

return await new ServerCommand(ServerProgram.RunAsync).InvokeAsync(args);
