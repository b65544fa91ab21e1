using Iggy.Silo.CommandLine;
using Iggy.Silo.Hosting;

ProgramStart.Note();
return await new ServerCommand(ServerProgram.RunAsync, PasswordResetProgram.RunAsync, MetadataCopyProgram.RunAsync).InvokeAsync(args);
