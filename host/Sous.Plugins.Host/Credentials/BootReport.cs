namespace Sous.Plugins.Host.Credentials;

/// <summary>What the boot gate found in a folder that it lets start.</summary>
/// <param name="MasterKey">To be handed to <see cref="CredentialsRoom"/>; still to be asked for its <see cref="Credentials.MasterKey.RefusalFor"/>.</param>
/// <param name="Warnings">Plain sentences, to be logged at every start.</param>
internal sealed record BootReport(MasterKey MasterKey, IReadOnlyList<string> Warnings);
