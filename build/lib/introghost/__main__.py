from introghost.cli import main

main()
