namespace Sous.Plugins.Host.Credentials;

internal enum MasterKeySource
{
    /// <summary>The file that SOUS_MasterKeyFile names.</summary>
    File,

    /// <summary>SOUS_MasterKey itself.</summary>
    Setting,

    /// <summary>Made by the host and kept in the data folder, beside what it protects: for loopback only.</summary>
    Generated,
}
