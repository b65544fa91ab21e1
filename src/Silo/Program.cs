using Iggy.Silo.CommandLine;
using Iggy.Silo.Hosting;

ProgramStart.Note();
return await new ServerCommand(ServerProgram.RunAsync, PasswordResetProgram.RunAsync, ArchiveProgram.RunAsync).InvokeAsync(args);
