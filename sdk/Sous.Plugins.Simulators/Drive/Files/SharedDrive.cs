namespace Sous.Plugins.Simulators.Drive.Files;

/// <summary>A shared drive that the account is a member of; its root folder has the same id.</summary>
internal sealed record SharedDrive(string Id, string Name);
