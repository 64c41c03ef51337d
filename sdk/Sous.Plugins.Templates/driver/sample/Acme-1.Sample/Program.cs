using Acme_1.Sample;

// By itself, so that a host can be connected to it: an address as the first argument, or a free port.
await using var service = await LocalService.StartAsync(args.FirstOrDefault() ?? "http://127.0.0.1:0", CancellationToken.None);
Console.WriteLine($"Acme-1 answers at {service.Address} to the key {LocalService.Key}. Ctrl-C ends it.");
await service.WaitForShutdownAsync();
